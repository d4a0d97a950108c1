import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { addCounts, scores } from '../../eval/clear-mot.ts';
import { countSequence, readSequences, withoutFeatures } from '../../eval/tracking-sequences.ts';
import { toDetection } from '../../src/tracking/detection.ts';
import { type DetectionFrame, parseDetectionLines } from '../../src/tracking/detection-lines.ts';
import { DEFAULT_SEQUENCE_OPTIONS, trackSequence } from '../../src/tracking/track-sequence.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';
import { readGolden } from './golden.ts';

interface Golden {
  readonly sequences: readonly {
    readonly params: {
      readonly max_cosine_distance: number;
      readonly nn_budget: number;
      readonly max_age: number;
      readonly n_init: number;
    };
    readonly frames: readonly {
      readonly detections: readonly {
        readonly tlwh: readonly [number, number, number, number];
        readonly score: number;
        readonly feature: readonly number[];
      }[];
      readonly tracks: readonly {
        readonly id: number;
        readonly tlwh: readonly [number, number, number, number];
        readonly reported: boolean;
      }[];
    }[];
  }[];
}

describe('trackSequence', () => {
  it('writes the rows of the published program in deepsort mode, whatever the times of the frames', () => {
    for (const { params, frames } of readGolden<Golden>('end_to_end_stock').sequences) {
      const seen = frames.map(
        ({ detections }, i): DetectionFrame => ({
          number: i + 1,
          timeMs: i * 2000,
          detections: detections.map(({ tlwh: [x, y, width, height], score, feature }) =>
            toDetection({ x, y, width, height }, score, Float64Array.from(feature)),
          ),
        }),
      );
      const boxes = trackSequence(seen, {
        rateMode: 'deepsort',
        maxCosineDistance: params.max_cosine_distance,
        nnBudget: params.nn_budget,
        nInit: params.n_init,
        maxAge: params.max_age,
        picture: null,
      });
      const expected = frames.flatMap(({ tracks }, i) =>
        tracks.filter(({ reported }) => reported).map(({ id, tlwh }) => ({ frameNumber: i + 1, id, tlwh })),
      );
      expect(boxes).toHaveLength(expected.length);
      const renamed = new Map<number, number>();
      for (const { frameNumber, id, tlwh } of expected) {
        const box = boxes.find(
          (candidate) =>
            candidate.frameNumber === frameNumber &&
            Math.abs(candidate.tlwh.x - tlwh[0]) < 1e-5 &&
            Math.abs(candidate.tlwh.height - tlwh[3]) < 1e-5,
        );
        if (!renamed.has(id)) renamed.set(id, box?.id ?? -1);
        expect(box?.id).toBe(renamed.get(id));
      }
    }
  });

  const walker = (n: number, timeMs: number, x: number): DetectionFrame => ({
    number: n,
    timeMs,
    detections: [toDetection({ x, y: 100, width: 40, height: 100 }, 0.9, null)],
  });

  it('follows a walker at half a frame a second, where no two boxes overlap', () => {
    const frames = [0, 1, 2, 3, 4].map((i) => walker(i + 1, i * 2000, 100 + 90 * i));
    const picture = { width: 1280, height: 720 };
    const boxes = trackSequence(frames, { ...DEFAULT_SEQUENCE_OPTIONS, picture });
    expect(boxes.map(({ id }) => id)).toEqual([1, 1, 1, 1, 1]);
    expect(boxes[4]?.tlwh).toEqual({ x: 460, y: 100, width: 40, height: 100 });
    expect(trackSequence(frames, { ...DEFAULT_SEQUENCE_OPTIONS, rateMode: 'deepsort' })).toEqual([]);
  });

  it('keeps a person who stands still at half a frame a second, though nothing says how large the picture is', () => {
    const frames = Array.from({ length: 10 }, (_, i) => ({
      number: i + 1,
      timeMs: 2000 * i,
      detections: [
        toDetection({ x: 300 + 3 * (i % 2), y: 200, width: 80, height: 100 }, 0.9, null),
        toDetection({ x: 500, y: 200 - 3 * (i % 2), width: 80, height: 100 }, 0.9, null),
      ],
    }));
    const ids = trackSequence(frames, DEFAULT_SEQUENCE_OPTIONS).map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  it('ends tracks in a gap of the times, which the published program does not look at', () => {
    const feature = Float64Array.from([1, 0]);
    const frames = Array.from({ length: 40 }, (_, i) => ({
      number: i + 1,
      timeMs: (i * 1000) / 30 + (i < 20 ? 0 : 300_000),
      detections: [toDetection({ x: 100, y: 100, width: 40, height: 100 }, 0.9, feature)],
    }));
    const idsOf = (rateMode: 'auto' | 'deepsort') =>
      new Set(trackSequence(frames, { ...DEFAULT_SEQUENCE_OPTIONS, rateMode }).map(({ id }) => id));
    expect(idsOf('auto')).toEqual(new Set([1, 2]));
    expect(idsOf('deepsort')).toEqual(new Set([1]));
  });

  it('treats an n_init of 1 as the published program does: once is not enough', () => {
    const once = [walker(1, 0, 100), { number: 2, timeMs: 33, detections: [] }];
    const options = { ...DEFAULT_SEQUENCE_OPTIONS, rateMode: 'deepsort', nInit: 1 } as const;
    expect(trackSequence(once, options)).toEqual([]);
  });

  it('drops a box that was seen once when the detector was less sure of it than of nearly all that were seen again', () => {
    const lone = (confidence: number) => ({
      number: 21,
      timeMs: 40_000,
      detections: [toDetection({ x: 900, y: 100, width: 40, height: 100 }, confidence, null)],
    });
    const walk = Array.from({ length: 20 }, (_, i) => ({
      number: i + 1,
      timeMs: i * 2000,
      detections: [100, 500].map((x) =>
        toDetection({ x, y: 100, width: 40, height: 100 }, 0.6 + i / 100, null),
      ),
    }));
    const options = { ...DEFAULT_SEQUENCE_OPTIONS, picture: { width: 1280, height: 720 } };
    expect(trackSequence([...walk, lone(0.55)], options)).toHaveLength(40);
    expect(trackSequence([...walk, lone(0.7)], options)).toHaveLength(41);
    expect(trackSequence([...walk.slice(0, 5), lone(0.55)], options)).toHaveLength(11);
  });

  it('comes to an end after any gap, however long lost tracks live and however fast the camera is', () => {
    const frames = [0, 1, 2, 9e15].map((timeMs, i) => walker(i + 1, timeMs, 100));
    const boxes = trackSequence(frames, { ...DEFAULT_SEQUENCE_OPTIONS, maxAge: Number.MAX_SAFE_INTEGER });
    expect(boxes.slice(0, 3).map(({ id }) => id)).toEqual([1, 1, 1]);
  });

  it('follows boxes at the far end of what it takes, of the least size', () => {
    const frames = [0, 1, 2, 3].map((i) => ({
      number: i + 1,
      timeMs: i * 2000,
      detections: [toDetection({ x: 1e9 - 1, y: 1e9 - 1, width: 1e-6, height: 1e-6 }, 0.9, null)],
    }));
    expect(trackSequence(frames, DEFAULT_SEQUENCE_OPTIONS).map(({ id }) => id)).toEqual([1, 1, 1, 1]);
  });

  it('has no boxes for no frames and for empty frames', () => {
    expect(trackSequence([], DEFAULT_SEQUENCE_OPTIONS)).toEqual([]);
    expect(trackSequence([{ number: 1, timeMs: 0, detections: [] }], DEFAULT_SEQUENCE_OPTIONS)).toEqual([]);
  });
});

describeWithShared('trackSequence on pedestrian sequences', () => {
  it.each([
    { features: true, framesPerSecond: 2, idf1: 0.72, mota: 0.56 },
    { features: true, framesPerSecond: 1, idf1: 0.7, mota: 0.53 },
    { features: true, framesPerSecond: 0.5, idf1: 0.68, mota: 0.49 },
    { features: false, framesPerSecond: 2, idf1: 0.57, mota: 0 },
    { features: false, framesPerSecond: 0.5, idf1: 0.43, mota: 0 },
  ])('keeps identities at $framesPerSecond frames a second (features: $features)', (least) => {
    const sequences = readSequences(sharedPath('tracking', 'mot'));
    const counts = sequences.map((sequence) =>
      countSequence(
        least.features ? sequence : withoutFeatures(sequence),
        least.framesPerSecond,
        DEFAULT_SEQUENCE_OPTIONS,
      ),
    );
    const { idf1, mota } = scores(addCounts(counts));
    expect(idf1).toBeGreaterThan(least.idf1);
    expect(mota).toBeGreaterThan(least.mota);
  });

  it('changes no identity when the detections of a frame are listed in another order', () => {
    const file = sharedPath('tracking', 'mot', 'TUD-Campus', 'detections.jsonl');
    const frames = parseDetectionLines(readFileSync(file, 'utf8')).filter((_, i) => i % 12 === 0);
    const reversed = frames.map((frame) => ({ ...frame, detections: frame.detections.toReversed() }));
    expect(trackSequence(reversed, DEFAULT_SEQUENCE_OPTIONS)).toEqual(
      trackSequence(frames, DEFAULT_SEQUENCE_OPTIONS),
    );
  });
});
