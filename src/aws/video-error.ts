/** What a failed request for a job's video means for the job: some failures are the job's own, others pass by themselves. */
import { WorkerError } from '../errors.ts';
import type { ObjectLocation } from '../worker/ports.ts';
import { type AwsFailure, awsFailure, describeAwsFailure, isRefused } from './aws-errors.ts';

export function videoError(cause: unknown, { bucket, key }: ObjectLocation): WorkerError {
  if (cause instanceof WorkerError) return cause;
  const failure = awsFailure(cause);
  const video = `s3://${bucket}/${key}`;
  const described = describeAwsFailure(failure);
  if (failure.code === 'ENOSPC') {
    return new WorkerError('DISK_FULL', `no disk space is left for ${video}: give TEMP_DIR more`, { cause });
  }
  if (failure.status === 404) {
    return new WorkerError('VIDEO_NOT_FOUND', `${video} does not exist: upload it before its job is sent`, {
      cause,
    });
  }
  if (failure.code === 'InvalidObjectState') {
    return new WorkerError(
      'VIDEO_ACCESS_DENIED',
      `${video} is archived: restore it, then send the job again`,
      {
        cause,
      },
    );
  }
  if (isRefused(failure)) {
    const message = `${video} may not be read (${described}): allow the worker’s role s3:GetObject on it`;
    return new WorkerError('VIDEO_ACCESS_DENIED', message, { cause });
  }
  if (isReplaced(failure)) {
    const message = `${video} was replaced while it was downloaded: the next attempt at its job reads the new version`;
    return new WorkerError('STORAGE_UNAVAILABLE', message, { cause });
  }
  return new WorkerError('STORAGE_UNAVAILABLE', `${video} could not be read (${described})`, { cause });
}

/** Whether the version that was asked for is gone: no further request for it can succeed. */
export function isReplaced({ status }: AwsFailure): boolean {
  return status === 412;
}
