import { describe, expect, it } from '@jest/globals';
import { toLook } from '../../src/tracking/look.ts';
import { LookMemory } from '../../src/tracking/look-memory.ts';

/** A memory of frames with one look each, which is the frame's number, and which frames it read. */
function memory() {
  const read: number[] = [];
  const looks = new LookMemory((frame) => {
    read.push(frame);
    return [toLook(Float32Array.of(frame, 1))];
  });
  const vectorOf = (frame: number) => looks.of(frame)[0]?.vector;
  return { looks, read, vectorOf };
}

describe('LookMemory', () => {
  it('reads a frame once as long as it is among the newest', () => {
    const { read, vectorOf } = memory();
    for (const frame of [0, 1, 0, 1, 2, 0]) expect(vectorOf(frame)).toEqual(Float32Array.of(frame, 1));
    expect(read).toEqual([0, 1, 2]);
  });

  it('does not read what it was given', () => {
    const { looks, read, vectorOf } = memory();
    looks.hold(7, [toLook(Float32Array.of(7, 1))]);
    expect(vectorOf(7)).toEqual(Float32Array.of(7, 1));
    expect(read).toEqual([]);
  });

  it('lets go of all but a few hundred frames, and reads them anew', () => {
    const { read, vectorOf } = memory();
    for (let frame = 0; frame < 5000; frame++) vectorOf(frame);
    for (let frame = 4999; frame >= 0; frame--) expect(vectorOf(frame)).toEqual(Float32Array.of(frame, 1));
    const again = read.slice(5000);
    expect(again[0]).toBeLessThan(4999);
    expect(again.length).toBeGreaterThan(4500);
  });
});
