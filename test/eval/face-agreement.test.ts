import { describe, expect, it } from '@jest/globals';
import { compare } from '../../eval/face-agreement.ts';

function face(x: number, side: number) {
  return { box: { x, y: 0, width: side, height: side }, confidence: 0.9, landmarks: null };
}

describe('the agreement of two face detectors', () => {
  it('counts what the other one has, for faces above a twentieth of the frame', () => {
    const reference = [face(0, 50), face(100, 40), face(200, 10)];
    const model = [face(2, 50), face(300, 30), face(200, 10)];
    expect(compare(model, reference, { height: 400 })).toEqual({
      wanted: 2,
      found: 1,
      claimed: 2,
      confirmed: 1,
    });
  });

  it('lets a small face of one confirm a tall face of the other', () => {
    const [small, tall] = [face(0, 19), face(0, 21)];
    expect(compare([tall], [small], { height: 400 })).toEqual({
      wanted: 0,
      found: 0,
      claimed: 1,
      confirmed: 1,
    });
    expect(compare([], [], { height: 400 })).toEqual({ wanted: 0, found: 0, claimed: 0, confirmed: 0 });
  });
});
