import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../../src/tracking/follow-people.ts';
import type { FrameObservations, ObservedFrames } from '../../src/tracking/observations.ts';
import { faceOf, PICTURE, poseOf, SAME_VIEW } from './synthetic-video.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** So long that looks that are held show: 4 KiB each. */
const LOOK_LENGTH = 1024;
const FRAMES = 3000;

/** One view of one person, whose frames are made at every look, as those of a file are. */
class EndlessShot implements ObservedFrames {
  readonly length = FRAMES;
  readonly #bytesBefore = settledBytesOfVectors();
  #reads = 0;
  /** Most bytes of vectors that were held while the frames were read. */
  mostBytes = 0;

  at(index: number): FrameObservations {
    if (++this.#reads % 500 === 0) {
      this.mostBytes = Math.max(this.mostBytes, bytesOfVectors() - this.#bytesBefore);
    }
    const at = { x: 400, y: 200 };
    return {
      index,
      timestampMs: index * 2000,
      faces: [{ ...faceOf(0, at), embedding: new Float32Array(LOOK_LENGTH).fill(1, 100, 150) }],
      poses: [{ ...poseOf(at), appearance: new Float32Array(LOOK_LENGTH).fill(1, 50, 100) }],
      similarityToPrevious: index === 0 ? null : SAME_VIEW,
    };
  }

  *[Symbol.iterator](): Generator<FrameObservations, void> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }
}

function bytesOfVectors(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** What earlier tests of this process left is freed beside it, and not at once. */
function settledBytesOfVectors(): number {
  let bytes = bytesOfVectors();
  for (let before = Infinity; bytes < before; ) {
    before = bytes;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    bytes = bytesOfVectors();
  }
  return bytes;
}

describe('followPeople', () => {
  it('holds a part of the looks of a long shot at a time', () => {
    const video = new EndlessShot();
    const { tracks } = followPeople(video, {
      ...DEFAULT_TRACKING_OPTIONS,
      picture: PICTURE,
      frameIntervalMs: 2000,
      maxCosineDistance: 0.5,
    });
    expect(tracks.map(({ observations }) => observations)).toEqual([FRAMES, FRAMES]);
    const bytesOfAll = FRAMES * 2 * LOOK_LENGTH * Float32Array.BYTES_PER_ELEMENT;
    expect(video.mostBytes).toBeGreaterThan(0);
    expect(video.mostBytes).toBeLessThan(bytesOfAll / 2);
  });
});
