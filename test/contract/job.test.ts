import { describe, expect, it } from '@jest/globals';
import { parseJob, parseJobMessage } from '../../src/contract/job.ts';

const POLICY = { defaultBucket: 'media', allowedBuckets: ['archive'], defaultFrameIntervalSeconds: 2 };
const JOB = { job_id: 'job-1', video_s3_key: 'videos/a.mp4' };

function parse(message: unknown) {
  return parseJob(typeof message === 'string' ? message : JSON.stringify(message), POLICY);
}

function problem(message: unknown): string {
  const parsed = parse(message);
  return parsed.ok ? '' : `${parsed.error.code} ${parsed.error.message}`;
}

describe('a job message', () => {
  it('needs an id and a key; the rest has defaults', () => {
    expect(parse(JOB)).toEqual({
      ok: true,
      job: {
        jobId: 'job-1',
        video: { bucket: 'media', key: 'videos/a.mp4' },
        frameIntervalSeconds: 2,
        samplingToleranceSeconds: 0,
        detectFaces: true,
        detectPoses: true,
        callbackUrl: null,
      },
    });
  });

  it('may carry fields this version does not know, and null for what it leaves open', () => {
    const open = { video_s3_bucket: null, frame_interval_seconds: null, callback_url: null, priority: 7 };
    expect(parse({ ...JOB, ...open })).toEqual(parse(JOB));
  });

  it.each([
    ['SNS', { Type: 'Notification', Message: JSON.stringify(JOB) }],
    ['NestJS', { pattern: 'detect', data: JOB }],
    ['NestJS with text inside', { pattern: 'detect', data: JSON.stringify(JOB) }],
    [
      'SNS around NestJS',
      { Type: 'Notification', Message: JSON.stringify({ pattern: 'detect', data: JOB }) },
    ],
  ])('is found in the envelope of %s', (_, message) => {
    expect(parse(message)).toEqual(parse(JOB));
  });

  it.each([
    [{ video_s3_key: '' }, 'video_s3_key'],
    [{ video_s3_key: undefined }, 'video_s3_key'],
    [{ video_s3_key: '\ud800x' }, 'video_s3_key: holds half of a surrogate pair'],
    [{ video_s3_key: 'ж'.repeat(513) }, 'video_s3_key: is longer than 1,024 bytes'],
    [{ video_s3_key: '../a.mp4' }, 'video_s3_key: has more ".." than folders'],
    [{ video_s3_key: 'videos/../../a.mp4' }, 'video_s3_key: has more ".." than folders'],
    [{ frame_interval_seconds: 0.01 }, 'frame_interval_seconds'],
    [{ frame_interval_seconds: '2' }, 'frame_interval_seconds'],
    [{ sampling_tolerance_seconds: -1 }, 'sampling_tolerance_seconds'],
    [{ frame_interval_seconds: 1, sampling_tolerance_seconds: 0.6 }, 'more than half'],
    [{ sampling_tolerance_seconds: 1.5 }, 'more than half of frame_interval_seconds'],
    [{ detect_faces: 'yes' }, 'detect_faces'],
    [{ detect_faces: false, detect_poses: false }, 'nothing would be detected'],
    [{ callback_url: 'ftp://example.com' }, 'callback_url'],
    [{ callback_url: 'no URL' }, 'callback_url'],
    [{ callback_url: 'https://user:secret@example.com' }, 'must not contain credentials'],
    [{ video_s3_bucket: 'private-bucket' }, '"private-bucket" is not allowed'],
  ])('is refused with %j and says why', (fields, words) => {
    expect(problem({ ...JOB, ...fields })).toMatch(/^JOB_INVALID /);
    expect(problem({ ...JOB, ...fields })).toContain(words);
  });

  it('may name a bucket by the ARN of an access point that is allowed', () => {
    const bucket = 'arn:aws:s3:eu-central-1:123456789012:accesspoint/films-of-the-archive';
    expect(bucket).toHaveLength(69);
    expect(problem({ ...JOB, video_s3_bucket: bucket })).toContain('is not allowed');
    const policy = { ...POLICY, allowedBuckets: [bucket] };
    expect(parseJob(JSON.stringify({ ...JOB, video_s3_bucket: bucket }), policy)).toMatchObject({
      ok: true,
      job: { video: { bucket } },
    });
  });

  it.each(['.', './a.mp4', 'videos/2014/../../a.mp4', 'a//b/..mp4', '/a.mp4', 'ж'.repeat(512), '😀.mp4'])(
    'may name the key %s, under which S3 can have an object',
    (key) => {
      expect(parse({ ...JOB, video_s3_key: key })).toMatchObject({ ok: true, job: { video: { key } } });
    },
  );

  it('takes the tolerance it names, else the worker’s as far as half its interval allows', () => {
    const toleranceOf = (fields: object) => {
      const policy = { ...POLICY, defaultSamplingToleranceSeconds: 0.8 };
      const parsed = parseJob(JSON.stringify({ ...JOB, ...fields }), policy);
      return parsed.ok ? parsed.job.samplingToleranceSeconds : null;
    };
    expect(toleranceOf({})).toBe(0.8);
    expect(toleranceOf({ frame_interval_seconds: 1 })).toBe(0.5);
    expect(toleranceOf({ sampling_tolerance_seconds: 0 })).toBe(0);
    expect(toleranceOf({ sampling_tolerance_seconds: 1 })).toBe(1);
  });

  it('is not refused for a tolerance where only its interval is wrong', () => {
    for (const fields of [
      { frame_interval_seconds: -1 },
      { frame_interval_seconds: 0, sampling_tolerance_seconds: 0.5 },
    ]) {
      const message = problem({ ...JOB, ...fields });
      expect(message).toContain('frame_interval_seconds');
      expect(message).not.toContain('sampling_tolerance_seconds');
    }
  });

  it('names every problem at once', () => {
    const message = problem({ ...JOB, video_s3_key: '', detect_faces: 1 });
    expect(message).toContain('video_s3_key');
    expect(message).toContain('detect_faces');
  });

  it('keeps a valid callback of a refused job, so that its owner hears of it', () => {
    const parsed = parse({ job_id: 'job-1', callback_url: 'https://example.com/hook' });
    expect(parsed).toMatchObject({ ok: false, jobId: 'job-1', callbackUrl: 'https://example.com/hook' });
  });

  it.each(['not json', '[]', '"job"', 'null', '{}', '{"job_id":"a b"}', '{"job_id":7}'])(
    'is unreadable as %s',
    (body) => {
      expect(() => parse(body)).toThrow(expect.objectContaining({ code: 'MESSAGE_UNREADABLE' }));
    },
  );
});

describe('a producer', () => {
  it('learns of a mistake before sending', () => {
    expect(parseJobMessage(JSON.stringify(JOB))).toMatchObject({ detect_faces: true });
    expect(() => parseJobMessage(JSON.stringify({ job_id: 'job-1' }))).toThrow(
      expect.objectContaining({ code: 'JOB_INVALID', message: expect.stringContaining('video_s3_key') }),
    );
    expect(() => parseJobMessage('{')).toThrow('the job is not JSON');
  });
});
