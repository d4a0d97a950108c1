import { describe, expect, it } from '@jest/globals';
import { videoError } from '../../src/aws/video-error.ts';
import { WorkerError } from '../../src/errors.ts';

const LOCATION = { bucket: 'videos', key: 'film.mp4' };

/** An error as the SDK throws it. */
function sdkError(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error('the SDK’s words'), { name, $metadata: { httpStatusCode } });
}

describe('videoError', () => {
  it.each([
    ['NoSuchKey', 404, 'VIDEO_NOT_FOUND'],
    ['NotFound', 404, 'VIDEO_NOT_FOUND'],
    ['AccessDenied', 403, 'VIDEO_ACCESS_DENIED'],
    ['InvalidObjectState', 403, 'VIDEO_ACCESS_DENIED'],
    ['ExpiredToken', 403, 'STORAGE_UNAVAILABLE'],
    ['PreconditionFailed', 412, 'STORAGE_UNAVAILABLE'],
    ['SlowDown', 503, 'STORAGE_UNAVAILABLE'],
  ])('takes %s (HTTP %i) for %s, names the video and keeps the cause', (name, status, code) => {
    const cause = sdkError(name, status);
    const error = videoError(cause, LOCATION);
    expect(error).toMatchObject({ code, cause });
    expect(error.message).toContain('s3://videos/film.mp4');
  });

  it('takes a full disk for DISK_FULL and a broken connection for STORAGE_UNAVAILABLE', () => {
    const full = Object.assign(new Error('write failed'), { code: 'ENOSPC' });
    expect(videoError(full, LOCATION).code).toBe('DISK_FULL');
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    expect(videoError(reset, LOCATION).message).toContain('ECONNRESET: socket hang up');
  });

  it('leaves an error of ours as it is', () => {
    const ours = new WorkerError('VIDEO_EMPTY', 'no bytes');
    expect(videoError(ours, LOCATION)).toBe(ours);
  });

  it('makes do with what is no error at all', () => {
    expect(videoError('a string', LOCATION)).toMatchObject({ code: 'STORAGE_UNAVAILABLE' });
  });
});
