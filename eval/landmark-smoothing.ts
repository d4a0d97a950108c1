/** MediaPipe's smoothing of landmarks over neighbouring frames: the One Euro filter (Casiez et al., CHI 2012). */
import type { Point } from '../src/geometry/box.ts';

/** A point in three dimensions; z may be left at 0. */
export interface Point3 extends Point {
  readonly z: number;
}

export interface SmoothingOptions {
  /** Cut-off frequency at rest, Hz: lower is steadier. */
  readonly minCutoffHz: number;
  /** How much the cut-off grows with speed: higher lags less. */
  readonly beta: number;
}

const DERIVATIVE_CUTOFF_HZ = 1;
/** The rate MediaPipe supposes until it has seen two frames. */
const INITIAL_RATE_HZ = 30;

/** Smooths a list of points, frame by frame; every list has the same points in the same order. */
export class LandmarkSmoothing {
  readonly #options: SmoothingOptions;
  #filters: { x: OneEuroFilter; y: OneEuroFilter; z: OneEuroFilter }[] = [];

  constructor(options: SmoothingOptions) {
    this.#options = options;
  }

  /** @param objectSize what speed is measured in, in the points' unit: the side of a body's region, or 1 for metres */
  smooth<T extends Point3>(points: readonly T[], timestampMs: number, objectSize: number): T[] {
    return points.map((point, index) => {
      this.#filters[index] ??= this.#createFilters();
      const { x, y, z } = this.#filters[index];
      return {
        ...point,
        x: x.apply(point.x, timestampMs, objectSize),
        y: y.apply(point.y, timestampMs, objectSize),
        z: z.apply(point.z, timestampMs, objectSize),
      };
    });
  }

  #createFilters() {
    const create = () => new OneEuroFilter(this.#options);
    return { x: create(), y: create(), z: create() };
  }
}

class OneEuroFilter {
  readonly #options: SmoothingOptions;
  readonly #value = new LowPassFilter();
  readonly #speed = new LowPassFilter();
  #rateHz = INITIAL_RATE_HZ;
  #lastMs: number | null = null;

  constructor(options: SmoothingOptions) {
    this.#options = options;
  }

  apply(value: number, timestampMs: number, objectSize: number): number {
    if (this.#lastMs !== null) this.#rateHz = 1000 / (timestampMs - this.#lastMs);
    this.#lastMs = timestampMs;
    const previous = this.#value.lastRaw ?? value;
    const speed = ((value - previous) / objectSize) * this.#rateHz;
    const smoothSpeed = this.#speed.apply(speed, this.#weight(DERIVATIVE_CUTOFF_HZ));
    const cutoffHz = this.#options.minCutoffHz + this.#options.beta * Math.abs(smoothSpeed);
    return this.#value.apply(value, this.#weight(cutoffHz));
  }

  #weight(cutoffHz: number): number {
    return 1 / (1 + this.#rateHz / (2 * Math.PI * cutoffHz));
  }
}

/** Exponential smoothing. */
class LowPassFilter {
  lastRaw: number | null = null;
  #smooth = 0;

  apply(value: number, weight: number): number {
    this.#smooth = this.lastRaw === null ? value : weight * value + (1 - weight) * this.#smooth;
    this.lastRaw = value;
    return this.#smooth;
  }
}
