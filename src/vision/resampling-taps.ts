/** The weights of resizing along one axis: which input positions each output position is made of. */

/** For each output position: the first of `count` neighbouring input positions, and their weights, which add up to 1. */
export interface ResamplingTaps {
  readonly count: number;
  readonly starts: Int32Array;
  /** `count` weights for each output position. */
  readonly weights: Float64Array;
}

interface Tap {
  readonly start: number;
  readonly weights: readonly number[];
}

/** A sliver of a pixel that is nothing but rounding of `i * scale`. */
const ROUNDING = 1e-9;

/** Area averaging when shrinking, bilinear when enlarging: OpenCV's INTER_AREA and INTER_LINEAR, which the networks were trained with. */
export function resamplingTaps(inputLength: number, outputLength: number): ResamplingTaps {
  const tapAt = outputLength < inputLength ? areaTap : bilinearTap;
  const scale = inputLength / outputLength;
  return pack(
    Array.from({ length: outputLength }, (_, i) => tapAt(i, scale, inputLength)),
    inputLength,
  );
}

/** Output i is the mean of the input interval [i, i + 1] x scale; a pixel at its border counts by its covered part. */
function areaTap(i: number, scale: number, inputLength: number): Tap {
  const from = i * scale;
  const to = Math.min(from + scale, inputLength);
  const start = Math.floor(from + ROUNDING);
  const end = Math.ceil(to - ROUNDING);
  const weights = Array.from(
    { length: end - start },
    (_, k) => (Math.min(start + k + 1, to) - Math.max(start + k, from)) / (to - from),
  );
  return { start, weights };
}

/** Output i lies at (i + 0.5) x scale - 0.5, between two input pixels; beyond the border the border pixel repeats. */
function bilinearTap(i: number, scale: number, inputLength: number): Tap {
  const at = Math.min(Math.max((i + 0.5) * scale - 0.5, 0), inputLength - 1);
  const start = Math.floor(at);
  const second = at - start;
  return second === 0 ? { start, weights: [1] } : { start, weights: [1 - second, second] };
}

/** Gives every output position the same number of taps: weights of 0 fill up, and starts move back where the input ends. */
function pack(taps: readonly Tap[], inputLength: number): ResamplingTaps {
  const count = taps.reduce((most, { weights }) => Math.max(most, weights.length), 1);
  const starts = new Int32Array(taps.length);
  const packed = new Float64Array(taps.length * count);
  taps.forEach(({ start, weights }, i) => {
    starts[i] = Math.min(start, inputLength - count);
    packed.set(weights, i * count + start - (starts[i] as number));
  });
  return { count, starts, weights: packed };
}
