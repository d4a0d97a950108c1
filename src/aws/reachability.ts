/** Asks the queue and the results' bucket whether they can be used, by the cheapest requests whose refusals tell why. */
import { GetObjectCommand, type S3Client, type S3ServiceException } from '@aws-sdk/client-s3';
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
 * and that of a HEAD has none. A bucket in another region cannot be used: the SDK sends what is small again where it is redirected
 * to, as this question, but not a result, which is a stream.
 */
export function askBucket(
  s3: S3Client,
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  logger: Logger,
): AskDependency {
  const command = new GetObjectCommand({ Bucket: bucket, Key: `${prefix}${NO_OBJECT}` });
  // Asked for now: while a request for a video follows a redirect, the client says that the other region is its own.
  const ownRegion = s3.config.region();
  // Inside the SDK's own step, which would follow the redirect.
  command.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw elsewhere(error, bucket, await ownRegion) ?? error;
      }
    },
    { step: 'serialize' },
  );
  const ask = async (signal: AbortSignal) => {
    const { Body } = await s3.send(command, { abortSignal: signal });
    await Body?.transformToByteArray();
  };
  return reasonOf('the bucket of the results', ask, logger);
}

/** The redirect to another region, in words that say what to do; null when the error is none. */
function elsewhere(error: unknown, bucket: string, ownRegion: string): Error | null {
  const { name, $metadata, $response } = error as S3ServiceException;
  const region: unknown = $response?.headers['x-amz-bucket-region'];
  if ($metadata?.httpStatusCode !== 301 || typeof region !== 'string' || region === ownRegion) return null;
  const message = `the bucket ${bucket} lies in ${region}, not in ${ownRegion}: set AWS_REGION to it; the queue must lie there as well`;
  return Object.assign(new Error(message), { name, $metadata });
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
