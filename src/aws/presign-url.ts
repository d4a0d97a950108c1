/** Links to results that need no credentials, for callbacks. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PresignUrl } from '../callback/ports.ts';

/** Signed with the process's own credentials: a link made with a task role's ends with the role's session, whatever was asked for. */
export function presignWith(s3: S3Client): PresignUrl {
  return ({ bucket, key }, expiresInSeconds) =>
    getSignedUrl(s3, new GetObjectCommand({ Bucket: bucket, Key: key }), { expiresIn: expiresInSeconds });
}
