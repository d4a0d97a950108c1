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
