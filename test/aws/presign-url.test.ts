import { S3Client } from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { presignWith } from '../../src/aws/presign-url.ts';
import { REGION } from '../helpers/cloud.ts';

const RESULT = { bucket: 'media', key: 'detections/job-1.json' };

/** A link signed with credentials that end at `expiration`, or never; with the end that its signature says, in ms since the epoch. */
async function linkWith(expiration: Date | undefined, seconds: number) {
  const keys = { accessKeyId: 'test', secretAccessKey: 'test' };
  const credentials = async () => (expiration === undefined ? keys : { ...keys, expiration });
  const s3 = new S3Client({ region: REGION, credentials });
  const { url, expiresAt } = await presignWith(s3)(RESULT, seconds);
  s3.destroy();
  const query = new URL(url).searchParams;
  const signedAt = (query.get('X-Amz-Date') ?? '').replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  const signedSeconds = Number(query.get('X-Amz-Expires'));
  return { signedSeconds, signedEndMs: Date.parse(signedAt) + signedSeconds * 1000, expiresAt };
}

describe('a link to a result', () => {
  it('works for the time that is asked for, and its signature says so', async () => {
    const { signedSeconds, signedEndMs, expiresAt } = await linkWith(undefined, 604_800);
    expect(signedSeconds).toBe(604_800);
    expect(expiresAt.getTime()).toBe(signedEndMs);
  });

  it('is told to end with the credentials that signed it, where these end sooner', async () => {
    const expiration = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_500);
    const { signedEndMs, expiresAt } = await linkWith(expiration, 604_800);
    expect(expiresAt.getTime()).toBe(expiration.getTime() - 500);
    expect(signedEndMs).toBe(expiresAt.getTime());
    expect((await linkWith(expiration, 60)).signedSeconds).toBe(60);
  });

  it('can be made with credentials that have just ended', async () => {
    const { signedSeconds, signedEndMs, expiresAt } = await linkWith(new Date(Date.now() - 1000), 600);
    expect(signedSeconds).toBe(1);
    expect(expiresAt.getTime()).toBe(signedEndMs);
  });
});
