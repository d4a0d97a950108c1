/** Tells how a video was sampled and what that cost: for the log, the result's provenance, and the cost model. */
import type { SamplingPlan } from './sampling-plan.ts';

export interface SamplingReport {
  readonly plan: SamplingPlan['kind'];
  /** One sentence. */
  readonly reason: string;
  /** Packets given to the decoder, and of how many. */
  readonly packets: number;
  readonly packetsTotal: number;
  /** CPU time of the decoder by the cost model and by its own account; null when it was ended before it gave one. */
  readonly estimatedCpuMs: number;
  readonly decoderCpuMs: number | null;
}

const BENCH_LINE = /^bench: utime=([\d.]+)s(?: stime=([\d.]+)s)?/;

/** Adds up what ffmpeg children say of their own CPU time (option `-benchmark`). */
export interface CpuMeter {
  readonly onStderrLine: (line: string) => void;
  /** Null when no child has said anything. */
  readonly totalMs: () => number | null;
}

export function createCpuMeter(): CpuMeter {
  let totalMs: number | null = null;
  return {
    onStderrLine(line) {
      const match = BENCH_LINE.exec(line);
      if (match === null) return;
      totalMs = (totalMs ?? 0) + Math.round(1000 * (Number(match[1]) + Number(match[2] ?? 0)));
    },
    totalMs: () => totalMs,
  };
}
