import { describe, expect, it } from '@jest/globals';
import { upperBody } from '../../src/tracking/upper-body.ts';
import { poseOf } from './synthetic-video.ts';

describe('upperBody', () => {
  const pose = poseOf({ x: 400, y: 200 });

  it('is the box around head and shoulders, wherever the legs are', () => {
    const box = upperBody(pose);
    const kneeling = {
      ...pose,
      landmarks: pose.landmarks.map((point, i) => (i > 24 ? { ...point, y: point.y - 200 } : point)),
    };
    expect(upperBody(kneeling)).toEqual(box);
    expect(box.y).toBe(195);
    expect(box.height).toBeLessThan(pose.box.height / 2);
  });

  it('is the box of the whole pose where there are no landmarks or they have fallen together', () => {
    const point = { x: 1, y: 1, z: 0, visibility: 1, presence: 1 };
    expect(upperBody({ box: pose.box, landmarks: [] })).toBe(pose.box);
    expect(upperBody({ box: pose.box, landmarks: pose.landmarks.map(() => point) })).toBe(pose.box);
  });
});
