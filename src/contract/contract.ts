/** What a producer of jobs or a receiver of callbacks imports as `clipping-worker/contract`: types, schemas, readers, signatures. A package needs one door; inside the project nothing imports it. */
export type { ErrorCode } from '../errors.ts';
export {
  type DetectionEvent,
  detectionEventSchema,
  parseDetectionEvent,
  type ResultReference,
} from './callback.ts';
export { ContractError, type ContractErrorCode } from './contract-error.ts';
export {
  type DetectionJob,
  FRAME_INTERVAL_SECONDS,
  type JobMessage,
  jobMessageSchema,
  parseJobMessage,
} from './job.ts';
export {
  type CompletedResult,
  completedResultSchema,
  type DetectionResult,
  type DetectionSummary,
  detectionResultSchema,
  type FailedResult,
  failedResultSchema,
  type JobError,
  parseDetectionResult,
  RESULT_SCHEMA_VERSION,
  type ResultFrame,
  type ResultTrack,
} from './result.ts';
export {
  type ReceivedHeaders,
  signWebhook,
  type VerifiedWebhook,
  verifyWebhook,
  WEBHOOK_TOLERANCE_SECONDS,
  type WebhookHeaders,
} from './webhook-signature.ts';
