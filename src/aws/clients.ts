/** The AWS clients of the process, with limits on every wait; they follow an emulator's endpoint when one is set. */
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { limitedCredentials } from './credentials.ts';

export interface AwsOptions {
  readonly region: string;
  /** Endpoint of an emulator; AWS itself when undefined. */
  readonly endpointUrl?: string | undefined;
  /** Time a request waits for credentials, in milliseconds. */
  readonly credentialsTimeoutMs?: number;
}

export interface AwsClients {
  readonly s3: S3Client;
  readonly sqs: SQSClient;
}

/** SQS's longest long poll. */
export const LONG_POLL_SECONDS = 20;

const CONNECT_TIMEOUT_MS = 5000;
const CREDENTIALS_TIMEOUT_MS = 5000;
/** Times a request is sent before it has failed. */
export const MAX_ATTEMPTS = 4;

/** Concurrent sockets per host: the parts of every slot's download, heartbeats and long polls. */
const MAX_SOCKETS = 256;

export function createAwsClients(options: AwsOptions): AwsClients {
  return { s3: createS3Client(options), sqs: createSqsClient(options) };
}

/** Whatever fails comes back as an error; what the SDK says besides would stand in the log as text that nobody can parse. */
const SILENT = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** What both clients are told. */
function common({ region, endpointUrl, credentialsTimeoutMs = CREDENTIALS_TIMEOUT_MS }: AwsOptions) {
  return {
    region,
    ...(endpointUrl === undefined ? {} : { endpoint: endpointUrl }),
    maxAttempts: MAX_ATTEMPTS,
    credentialDefaultProvider: limitedCredentials(credentialsTimeoutMs),
  };
}

/** For the queue: a request may take a long poll and some seconds more. */
export function createSqsClient(options: AwsOptions): SQSClient {
  return new SQSClient({
    ...common(options),
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: (LONG_POLL_SECONDS + 10) * 1000,
      throwOnRequestTimeout: true,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  });
}

/**
 * For the objects: a socket may be silent for ten seconds. Downloads watch their own bodies more closely; checksums are asked
 * for only where S3 demands them, because a ranged body has none to compare with.
 */
export function createS3Client(options: AwsOptions): S3Client {
  return new S3Client({
    ...common(options),
    forcePathStyle: options.endpointUrl !== undefined,
    followRegionRedirects: true,
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: SILENT,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: 10_000,
      httpAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: MAX_SOCKETS },
    },
  });
}
