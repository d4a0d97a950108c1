/** Reads the SDK's errors: what failed, whether it may pass by itself, and what to tell the operator. */

/** The parts of an SDK error that matter here. */
export interface AwsFailure {
  /** S3's or SQS's error code, or the name of the client-side error. */
  readonly code: string;
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  readonly message: string;
}

export function awsFailure(error: unknown): AwsFailure {
  if (!(error instanceof Error)) return { code: 'Unknown', status: undefined, message: String(error) };
  const { $metadata, code } = error as { $metadata?: { httpStatusCode?: number }; code?: unknown };
  return {
    // A socket's error has the telling name in `code` (ECONNREFUSED), an SDK error in `name`.
    code: typeof code === 'string' ? code : error.name,
    status: $metadata?.httpStatusCode,
    message: error.message,
  };
}

/** Codes of credentials that are missing, expired or not yet valid: another set may come any minute, so a retry makes sense. */
const CREDENTIAL_CODES = new Set([
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidToken',
  'RequestExpired',
  'RequestTimeTooSkewed',
  'SignatureDoesNotMatch',
  'TokenRefreshRequired',
  'UnrecognizedClientException',
]);

function isCredentialFailure({ code }: AwsFailure): boolean {
  return CREDENTIAL_CODES.has(code);
}

/** Whether the object may not be touched: nothing that passes by itself. The answer to a HEAD names no code, only the status. */
export function isRefused(failure: AwsFailure): boolean {
  return failure.status === 403 && !isCredentialFailure(failure);
}

const FORBIDDEN_CODES = new Set(['AccessDenied', 'AccessDeniedException']);

/** Whether somebody has read the request and forbids it: who says so works. */
export function isForbidden({ code }: AwsFailure): boolean {
  return FORBIDDEN_CODES.has(code);
}

/** The failure in a few words, for messages. */
export function describeAwsFailure({ code, status, message }: AwsFailure): string {
  const answer = status === undefined ? code : `${code}, HTTP ${status}`;
  return message === '' || message === code ? answer : `${answer}: ${message}`;
}
