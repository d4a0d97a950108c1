import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ObservationLog } from '../../src/pipeline/observation-log.ts';
import type { FrameObservations } from '../../src/tracking/observations.ts';

const POINT = { x: 1 / 3, y: Math.PI, z: -0, visibility: 1e-300, presence: 0.1 + 0.2 };

const FRAMES: FrameObservations[] = [
  {
    index: 0,
    timestampMs: 0,
    faces: [
      {
        box: { x: 1.5, y: 2, width: 1 / 3, height: 40 },
        confidence: 0.9,
        landmarks: [{ x: 0.1, y: 1 / 7 }],
        embedding: new Float32Array([0.1, -0.2, 0.3]),
      },
      { box: { x: 0, y: 0, width: 1, height: 1 }, confidence: 0.5, landmarks: null, embedding: null },
    ],
    poses: [],
    similarityToPrevious: null,
  },
  {
    index: 2,
    timestampMs: 4000.25,
    faces: [],
    poses: [
      {
        box: { x: 0, y: 0, width: 10, height: 10 },
        confidence: 1,
        landmarks: [POINT, { ...POINT, x: 5 }],
        worldLandmarks: [{ ...POINT, y: -1 }],
        appearance: null,
      },
    ],
    similarityToPrevious: { histogramIntersection: 0.5, greyCorrelation: -0.25 },
    equalsPrevious: true,
  },
];

describe('ObservationLog', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'log-'));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** A closed log of both frames, the first of which is shown for two samples. */
  function written(name: string): string {
    const file = join(folder, name);
    const log = ObservationLog.create(file, 'networks-a');
    log.append(FRAMES[0] as FrameObservations);
    log.appendRepeat();
    log.append(FRAMES[1] as FrameObservations);
    log.close();
    return file;
  }

  function reopened(file: string, fingerprint = 'networks-a') {
    const log = ObservationLog.reopen(file, fingerprint);
    if (log === null) return null;
    const found = { frames: [...log], samples: [...log.samples], first: log.at(0), last: log.at(-1) };
    log.close();
    return found;
  }

  it('gives back what was seen, bit for bit, in order and by position', () => {
    const log = ObservationLog.create(join(folder, 'open'), 'networks-a');
    expect([...log]).toEqual([]);
    expect(log.at(-1)).toBeUndefined();
    for (const frame of FRAMES) log.append(frame);
    expect([...log]).toEqual(FRAMES);
    expect(log.length).toBe(2);
    expect([log.at(0), log.at(1), log.at(-1), log.at(2)]).toEqual([
      FRAMES[0],
      FRAMES[1],
      FRAMES[1],
      undefined,
    ]);
    log.close();
  });

  it('is gone on with in another process', () => {
    const file = written('resumed');
    expect(reopened(file)).toEqual({ frames: FRAMES, samples: [0, 0, 1], first: FRAMES[0], last: FRAMES[1] });
    const log = ObservationLog.reopen(file, 'networks-a');
    log?.appendRepeat();
    log?.close();
    expect(reopened(file)?.samples).toEqual([0, 0, 1, 1]);
  });

  it('of other networks or options is not used', () => {
    expect(reopened(written('other'), 'networks-b')).toBeNull();
  });

  it('that breaks off ends before the record it breaks off in', async () => {
    const file = written('cut');
    const { length } = await readFile(file);
    await truncate(file, length - 1);
    expect(reopened(file)).toMatchObject({ frames: [FRAMES[0]], samples: [0, 0] });
  });

  it('that is garbled is not used', async () => {
    const file = written('garbled');
    const bytes = await readFile(file);
    for (const garbage of [
      Buffer.from('not a log'),
      Buffer.alloc(0),
      bytes.subarray(0, 3),
      bytes.fill(0, 60, 90),
    ]) {
      await writeFile(file, garbage);
      expect(reopened(file)).toBeNull();
    }
  });
});
