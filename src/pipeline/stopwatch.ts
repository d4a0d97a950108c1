/** Adds up where an analysis spends its time, stage by stage. */
import type { StageDurations } from './analysis.ts';

type Stage = 'probe' | 'decode' | 'inference' | 'tracking';

export class Stopwatch {
  readonly #spentMs: Record<Stage, number> = { probe: 0, decode: 0, inference: 0, tracking: 0 };

  async time<T>(stage: Stage, work: Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work;
    } finally {
      this.#spentMs[stage] += performance.now() - started;
    }
  }

  timeSync<T>(stage: Stage, work: () => T): T {
    const started = performance.now();
    const value = work();
    this.#spentMs[stage] += performance.now() - started;
    return value;
  }

  /** Passes an iterable on and books the time its consumer waits for each item. */
  async *timeEach<T>(stage: Stage, items: AsyncIterable<T>): AsyncGenerator<T> {
    let waiting = performance.now();
    for await (const item of items) {
      this.#spentMs[stage] += performance.now() - waiting;
      yield item;
      waiting = performance.now();
    }
    this.#spentMs[stage] += performance.now() - waiting;
  }

  durations(): StageDurations {
    const { probe, decode, inference, tracking } = this.#spentMs;
    return {
      probeMs: Math.round(probe),
      decodeMs: Math.round(decode),
      inferenceMs: Math.round(inference),
      trackingMs: Math.round(tracking),
    };
  }
}
