/** Asks the queue and the results' bucket whether they can be used, by the cheapest requests whose refusals tell why. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Logger } from '../log.ts';
import type { AskDependency } from '../worker/dependency-watch.ts';
import { awsFailure, describeAwsFailure, isForbidden } from './aws-errors.ts';

/** Under the prefix of the results, because that is what the worker may read; no result has this name. */
const NO_OBJECT = '.reachable';

export function askQueue(sqs: SQSClient, queueUrl: string, logger: Logger): AskDependency {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] });
  return reasonOf('the queue', (signal) => sqs.send(command, { abortSignal: signal }), logger);
}

/**
 * Asks for an object that is not there: the refusal of a GET has a body that tells expired credentials from a missing permission,
 * and that of a HEAD has none.
 */
export function askBucket(
  s3: S3Client,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  logger: Logger,
): AskDependency {
  const command = new GetObjectCommand({ Bucket: bucket, Key: `${prefix}${NO_OBJECT}` });
  const ask = async (signal: AbortSignal) => {
    const { Body } = await s3.send(command, { abortSignal: signal });
    await Body?.transformToByteArray();
  };
  return reasonOf('the bucket of the results', ask, logger);
}

/**
 * Who may not ask may still be able to work: that is said once, and is no reason not to. Outages and bad credentials are seen all
 * the same, and jobs tell what they may not do.
 */
function reasonOf(
  name: string,
  send: (signal: AbortSignal) => Promise<unknown>,
  logger: Logger,
): AskDependency {
  let isForbiddenKnown = false;
  return async (signal) => {
    try {
      await send(signal);
      return null;
    } catch (error) {
      const failure = awsFailure(error);
      if (failure.code === 'NoSuchKey') return null;
      if (!isForbidden(failure)) return describeAwsFailure(failure);
      if (!isForbiddenKnown) {
        logger.warn(`${name} answers, but does not let itself be asked (${describeAwsFailure(failure)})`);
      }
      isForbiddenKnown = true;
      return null;
    }
  };
}
