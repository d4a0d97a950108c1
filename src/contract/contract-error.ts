/** What the contract's readers throw: a document or a webhook is not what it should be. Independent of the worker's own errors, which travel inside results. */

/**
 * - `JOB_INVALID`, `RESULT_INVALID`, `EVENT_INVALID`: the document breaks its schema
 * - `SECRET_INVALID`: a webhook secret is not `whsec_` and base64 of 24 to 64 bytes
 * - `WEBHOOK_HEADERS_INVALID`: a webhook header is missing or malformed
 * - `WEBHOOK_TIMESTAMP_REJECTED`: the webhook was sent too long ago, or in the future: perhaps a replay
 * - `WEBHOOK_SIGNATURE_REJECTED`: no signature fits: forged, altered on the way, or signed with another secret
 */
export type ContractErrorCode =
  | 'JOB_INVALID'
  | 'RESULT_INVALID'
  | 'EVENT_INVALID'
  | 'SECRET_INVALID'
  | 'WEBHOOK_HEADERS_INVALID'
  | 'WEBHOOK_TIMESTAMP_REJECTED'
  | 'WEBHOOK_SIGNATURE_REJECTED';

export class ContractError extends Error {
  readonly code: ContractErrorCode;

  constructor(code: ContractErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ContractError';
    this.code = code;
  }
}
