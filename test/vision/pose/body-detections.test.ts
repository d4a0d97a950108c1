import { describe, expect, it } from '@jest/globals';
import {
  anchorCentres,
  DETECTOR_ANCHORS,
  DETECTOR_BOX_VALUES,
  decodeBodyDetections,
} from '../../../src/vision/pose/body-detections.ts';

const anchors = anchorCentres();

/** Raw outputs with the given candidates: anchor, score before the sigmoid, and twelve offsets in pixels. */
function outputs(candidates: readonly { anchor: number; score: number; values: readonly number[] }[]) {
  const boxes = new Float32Array(DETECTOR_ANCHORS * DETECTOR_BOX_VALUES);
  const scores = new Float32Array(DETECTOR_ANCHORS).fill(-100);
  for (const { anchor, score, values } of candidates) {
    boxes.set(values, anchor * DETECTOR_BOX_VALUES);
    scores[anchor] = score;
  }
  return { boxes, scores };
}

function decode(candidates: Parameters<typeof outputs>[0], minScore = 0.5) {
  const { boxes, scores } = outputs(candidates);
  return decodeBodyDetections(boxes, scores, anchors, minScore);
}

/** A box of 56 px in the middle of anchor 0 (4, 4), hips 10 px below it and rim 20 px above. */
const VALUES = [0, 0, 56, 56, 0, 10, 0, -20, 0, 0, 0, 0];

describe('the detector’s anchors', () => {
  it('are the centres of three grids, row by row', () => {
    expect(anchors).toHaveLength(2 * DETECTOR_ANCHORS);
    expect(Array.from(anchors.slice(0, 6))).toEqual(
      [0.5, 0.5, 0.5, 0.5, 1.5, 0.5].map((cells) => expect.closeTo(cells / 28)),
    );
    expect(anchors[2 * 2 * 28 * 28]).toBeCloseTo(0.5 / 14);
    expect(anchors.at(-1)).toBeCloseTo(6.5 / 7);
  });
});

describe('decoding body detections', () => {
  it('lays boxes and alignment points at their anchors, in fractions of the input', () => {
    const [body] = decode([{ anchor: 0, score: 2, values: VALUES }]);
    expect(body?.score).toBeCloseTo(1 / (1 + Math.exp(-2)));
    expect(body?.box.x).toBeCloseTo((4 - 28) / 224);
    expect(body?.box.width).toBeCloseTo(0.25);
    expect(body?.hips.y).toBeCloseTo(14 / 224);
    expect(body?.rim.y).toBeCloseTo(-16 / 224);
  });

  it('leaves out candidates below the score, and boxes turned inside out', () => {
    const insideOut = [0, 0, -56, 56, 0, 0, 0, 0, 0, 0, 0, 0];
    expect(decode([{ anchor: 0, score: -0.1, values: VALUES }])).toEqual([]);
    expect(decode([{ anchor: 0, score: 5, values: insideOut }])).toEqual([]);
    expect(decode([])).toEqual([]);
  });

  it('merges overlapping candidates into their mean, weighted by score, with the best score', () => {
    const shifted = VALUES.map((value, i) => (i === 0 ? value + 8 : value));
    const bodies = decode([
      { anchor: 0, score: 0, values: VALUES },
      { anchor: 1, score: Math.log(3), values: shifted },
    ]);
    expect(bodies).toHaveLength(1);
    expect(bodies[0]?.score).toBeCloseTo(0.75);
    // Scores .5 and .75: the mean lies three fifths of the way to the second.
    expect((bodies[0]?.box.x ?? 0) * 224).toBeCloseTo(4 - 28 + 0.6 * 8);
  });

  it('keeps bodies apart that do not overlap, surest first', () => {
    const bodies = decode([
      { anchor: 0, score: 1, values: VALUES },
      { anchor: DETECTOR_ANCHORS - 1, score: 2, values: VALUES },
    ]);
    expect(bodies.map(({ score }) => score)).toEqual([expect.closeTo(0.881), expect.closeTo(0.731)]);
  });

  it('ends with a box that has no area, as MediaPipe does', () => {
    const empty = VALUES.map((value, i) => (i === 2 ? 0 : value));
    const bodies = decode([
      { anchor: 0, score: 2, values: empty },
      { anchor: DETECTOR_ANCHORS - 1, score: 1, values: VALUES },
    ]);
    expect(bodies).toHaveLength(1);
  });
});
