/** Links to results that need no credentials, for callbacks. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { PresignUrl } from '../callback/ports.ts';

/** Signed with the process's own credentials: a link made with temporary ones, as a task role's, ends with them at the latest. */
export function presignWith(s3: S3Client): PresignUrl {
  return async ({ bucket, key }, seconds) => {
    // Asked for before the signature, which may be made with newer ones: those end later, never sooner.
    const { expiration } = await s3.config.credentials();
    // A signature knows whole seconds only.
    const signingSeconds = Math.floor(Date.now() / 1000);
    const leftSeconds =
      Math.floor((expiration?.getTime() ?? Number.POSITIVE_INFINITY) / 1000) - signingSeconds;
    // One that ends at once cannot be made.
    const expiresIn = Math.max(1, Math.min(seconds, leftSeconds));
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const signingDate = new Date(signingSeconds * 1000);
    const url = await getSignedUrl(s3, command, { signingDate, expiresIn });
    return { url, expiresAt: new Date((signingSeconds + expiresIn) * 1000) };
  };
}
