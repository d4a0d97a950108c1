import { describe, expect, it } from '@jest/globals';
import { areKnown } from '../../src/media/known-windows.ts';

/** Ten pictures a second with a keyframe every second, of which the seconds 2 and 3 are missing. */
const TIMES = Array.from({ length: 60 }, (_, i) => i * 100).filter((ms) => ms < 2000 || ms >= 4000);
const TIMELINE = {
  timeBase: { numerator: 1, denominator: 1000 },
  ptsTicks: Float64Array.from(TIMES),
  endTicks: 6000,
};
const PACKETS = {
  ranks: Uint32Array.from(TIMES.keys()),
  positions: Int32Array.from(TIMES.keys()),
  keys: Uint8Array.from(TIMES, (ms) => Number(ms % 1000 === 0)),
  bytes: new Uint32Array(TIMES.length),
  areKeysSeen: true,
};
const WINDOWS = [
  { fromMs: 0, toMs: 2000 },
  { fromMs: 4000, toMs: Number.POSITIVE_INFINITY },
];

function known(samplesMs: readonly number[], windows = WINDOWS, toleranceMs = 0): boolean {
  const positions = Uint32Array.from(samplesMs, (ms) => TIMES.indexOf(ms));
  return areKnown(positions, { timeline: TIMELINE, packets: PACKETS }, windows, toleranceMs);
}

describe('samples of a video of which only stretches are known', () => {
  it('are known where the next picture is, too', () => {
    expect(known([0, 1800, 4000, 5900])).toBe(true);
  });

  it('are not known at the end of a stretch: something may be shown after its last picture', () => {
    expect(known([1900])).toBe(false);
  });

  it('are not known before the keyframe of their stretch', () => {
    expect(known([4300], [{ fromMs: 5000, toMs: Number.POSITIVE_INFINITY }])).toBe(false);
  });

  it('are not known at all when a stretch does not begin with a keyframe that is there', () => {
    expect(known([0], [...WINDOWS, { fromMs: 3000, toMs: 4000 }])).toBe(false);
    expect(known([0], [...WINDOWS, { fromMs: 4100, toMs: 5000 }])).toBe(false);
  });

  it('must be surrounded by what is known as far as the tolerance reaches', () => {
    expect(known([1000, 5000], WINDOWS, 500)).toBe(true);
    expect(known([1500], WINDOWS, 500)).toBe(false);
    expect(known([4300], WINDOWS, 500)).toBe(false);
    expect(known([200], WINDOWS, 500)).toBe(true);
  });
});
