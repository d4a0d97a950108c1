import { describe, expect, it } from '@jest/globals';
import type { ObservedFrames } from '../../src/tracking/observations.ts';
import { looksFrom } from '../../src/tracking/observed-looks.ts';
import { faceOf, film, looksOf, poseOf } from './synthetic-video.ts';

const at = (x: number) => ({ x, y: 200 });

/** Two faces and a body in each frame; the second face has no look in the third frame. */
const FILM = film({
  frames: 4,
  intervalMs: 500,
  faces: (frame) => [
    faceOf(frame, at(300)),
    { ...faceOf(10 + frame, at(800)), ...(frame === 2 ? { embedding: null } : {}) },
  ],
  poses: (frame) => [poseOf(at(300), 20 - frame)],
});

function counted() {
  const read: number[] = [];
  const frames: ObservedFrames = {
    length: FILM.length,
    at: (position) => {
      read.push(position);
      return FILM.at(position);
    },
    [Symbol.iterator]: () => FILM[Symbol.iterator](),
  };
  return { read, source: looksFrom(frames) };
}

const sighting = (frame: number, detection = 0) => ({ frame, detection, timeMs: frame * 500, confidence: 1 });

describe('looksFrom', () => {
  it('gives the looks of faces and of bodies, and reads each frame once', () => {
    const { read, source } = counted();
    const [left, right, body] = [sighting(1), sighting(1, 1), sighting(1)];
    const looks = source({ face: [left, right], pose: [body] });
    expect([left, right, body].map((one) => looks.get(one)?.vector)).toEqual([
      looksOf(1),
      looksOf(11),
      looksOf(19),
    ]);
    expect(read).toEqual([1]);
  });

  it('has nothing of who has no look', () => {
    const [bare, beyond] = [sighting(2, 1), sighting(9)];
    expect(counted().source({ face: [bare], pose: [beyond] }).size).toBe(0);
  });

  it('holds what it gave the last time, and nothing older', () => {
    const { read, source } = counted();
    const [first, second] = [sighting(0), sighting(1)];
    source({ face: [first], pose: [] });
    source({ face: [first, second], pose: [] });
    expect(read).toEqual([0, 1]);
    source({ face: [second], pose: [] });
    source({ face: [first], pose: [] });
    expect(read).toEqual([0, 1, 0]);
  });
});
