import { describe, expect, it } from '@jest/globals';
import { failedResult } from '../../src/contract/result.ts';
import { asciiJson } from '../../src/worker/ascii-json.ts';
import {
  eventIdOf,
  provenanceDifference,
  provenanceDigest,
  provenanceOf,
  type ResultRecord,
} from '../../src/worker/provenance.ts';
import { decodeRecord, encodeRecord } from '../../src/worker/result-metadata.ts';

const JOB = {
  jobId: 'job-1',
  video: { bucket: 'videos', key: 'a/video.mp4' },
  frameIntervalSeconds: 2,
  samplingToleranceSeconds: 0,
  detectFaces: true,
  detectPoses: false,
  callbackUrl: null,
};
const SUMMARY = {
  total_frames: 10,
  faces_detected: 4,
  poses_detected: 0,
  unique_face_tracks: 2,
  unique_pose_tracks: 0,
  processing_time_ms: 1234,
};
const MESSAGE_ID = '6b4a1d26-0c0f-4d6e-9f3a-2f1f0c9a7e55';

function completed(etag: string | null = '"abc"'): ResultRecord {
  return {
    head: { job_id: 'job-1', status: 'completed', summary: SUMMARY },
    provenance: provenanceOf(JOB, etag),
    callbackUrl: 'https://example.com/hook?token=1',
    messageId: MESSAGE_ID,
  };
}

function failed(message: string): ResultRecord {
  return {
    head: failedResult('job-1', { code: 'VIDEO_CORRUPT', message }),
    provenance: provenanceOf(JOB, '"abc"'),
    callbackUrl: null,
    messageId: MESSAGE_ID,
  };
}

describe('provenanceDifference', () => {
  const stored = provenanceOf(JOB, '"abc"');

  it('finds none between two requests for the same thing', () => {
    expect(provenanceDifference(stored, provenanceOf({ ...JOB }, '"abc"'))).toBeNull();
    expect(provenanceDifference(null, null)).toBeNull();
  });

  it('takes an unknown ETag for the same video', () => {
    expect(provenanceDifference(stored, provenanceOf(JOB, null))).toBeNull();
  });

  it('names everything that differs', () => {
    const other = { ...JOB, frameIntervalSeconds: 1, detectPoses: true, video: { bucket: 'b', key: 'k' } };
    expect(provenanceDifference(stored, provenanceOf(other, '"def"'))).toBe(
      'video_s3_bucket was videos and is now b, video_s3_key was a/video.mp4 and is now k, ' +
        'the video’s ETag was "abc" and is now "def", frame_interval_seconds was 2 and is now 1, ' +
        'detect_poses was false and is now true',
    );
  });

  it('names another tolerance, and takes records from before there was one for exact', () => {
    expect(stored.options).not.toHaveProperty('samplingToleranceSeconds');
    const tolerant = provenanceOf({ ...JOB, samplingToleranceSeconds: 0.5 }, '"abc"');
    const words = 'sampling_tolerance_seconds was 0 and is now 0.5';
    expect(provenanceDifference(stored, tolerant)).toBe(words);
    expect(provenanceDigest(tolerant)).not.toBe(provenanceDigest(stored));
    const record = { ...completed(), provenance: tolerant };
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('tells an invalid job from a valid one', () => {
    expect(provenanceDifference(stored, null)).toBe('one of the two jobs is invalid');
  });
});

describe('provenanceOf', () => {
  it('names a key by its digest only where a record has no room for it', () => {
    const keyOf = (key: string) => provenanceOf({ ...JOB, video: { bucket: 'b', key } }, null).video.key;
    for (const key of ['a'.repeat(256), 'ж'.repeat(128), '😀'.repeat(64)]) expect(keyOf(key)).toBe(key);
    for (const key of ['a'.repeat(257), '\u0001'.repeat(129)])
      expect(keyOf(key)).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe('eventIdOf', () => {
  it('is the same for the same ending of the same request, whatever else was measured', () => {
    const again: ResultRecord = {
      ...completed(),
      head: { job_id: 'job-1', status: 'completed', summary: { ...SUMMARY, processing_time_ms: 9 } },
    };
    expect(eventIdOf(again)).toBe(eventIdOf(completed()));
    expect(eventIdOf(completed())).toMatch(/^evt_[0-9a-f]{32}$/);
  });

  it('differs for another ending, for another request and for the result of another message', () => {
    const later = { ...completed(), messageId: '0a5e7c1b-93f5-4c7e-8f51-6d1f54e5b0c2' };
    const ids = [completed(), completed('"def"'), failed('x'), later].map(eventIdOf);
    expect(new Set(ids).size).toBe(4);
  });

  it('stays what it was for results from before messages were recorded', () => {
    const [[name, value] = ['', '']] = Object.entries(encodeRecord(completed()));
    const { messageId: _, ...older } = JSON.parse(value) as ResultRecord;
    const decoded = decodeRecord({ [name]: JSON.stringify(older) });
    expect(decoded).toEqual({ ...completed(), messageId: null });
    expect(eventIdOf({ ...completed(), messageId: null })).toBe('evt_14ba01807eb52efdc3070ec8532e3751');
  });
});

describe('a record as metadata', () => {
  it('comes back as it was', () => {
    expect(decodeRecord(encodeRecord(completed()))).toEqual(completed());
    expect(decodeRecord(encodeRecord(failed('short')))).toEqual(failed('short'));
  });

  it('is ASCII below two kilobytes, whatever names and messages it holds', () => {
    const record = {
      ...failed('💥 '.repeat(1000)),
      head: failedResult('j'.repeat(128), { code: 'VIDEO_CORRUPT', message: '💥 '.repeat(1000) }),
      provenance: provenanceOf(
        { ...JOB, video: { bucket: 'b'.repeat(256), key: '動画'.repeat(170) } },
        '"abc"',
      ),
      callbackUrl: `https://example.com/${'x'.repeat(270)}`,
    };
    const [[name, value] = ['', '']] = Object.entries(encodeRecord(record));
    expect(value).toMatch(/^[\x20-\x7e]+$/);
    expect(name.length + value.length).toBeLessThan(2048);
    const decoded = decodeRecord({ [name]: value });
    expect(decoded?.provenance).toEqual(record.provenance);
    expect(decoded?.head).toMatchObject({ error: { code: 'VIDEO_CORRUPT' } });
    expect(decoded?.callbackUrl).toBe(record.callbackUrl);
  });

  it.each([
    ['control characters', '\u0001'.repeat(256)],
    ['Cyrillic letters', 'ж'.repeat(128)],
    ['Japanese letters', '動'.repeat(85)],
    ['emoji', '😀'.repeat(64)],
    ['quotation marks', '"'.repeat(256)],
  ])('fits into what S3 takes with a key of %s and the longest of all else', (_, key) => {
    const video = { bucket: 'b'.repeat(256), key };
    const asked = {
      ...JOB,
      video,
      frameIntervalSeconds: 1234.123456789012,
      samplingToleranceSeconds: 0.1234567,
    };
    const rest = {
      provenance: provenanceOf(asked, '"0123456789abcdef0123456789abcdef-10000"'),
      callbackUrl: `https://example.com/${'x'.repeat(278)}`,
      messageId: 'm'.repeat(100),
    };
    const error = { code: 'VIDEO_CORRUPT', message: `${key} ${'x'.repeat(490)}` } as const;
    const ids = { job_id: 'j'.repeat(128), status: 'completed' } as const;
    const numbers = Object.keys(SUMMARY).map((name) => [name, 123_456_789_012]);
    const summary = Object.fromEntries(numbers) as typeof SUMMARY;
    for (const head of [failedResult(ids.job_id, error), { ...ids, summary }]) {
      const [[name, value] = ['', '']] = Object.entries(encodeRecord({ head, ...rest }));
      expect(`x-amz-meta-${name}${value}`.length).toBeLessThanOrEqual(2048);
      const decoded = decodeRecord({ [name]: value });
      expect(decoded?.provenance).toEqual(rest.provenance);
      expect(decoded?.head.status).toBe(head.status);
    }
  });

  it.each([
    ['ASCII', 'very/long/'],
    ['quotation marks', '"'],
    ['Cyrillic letters', 'жизнь/'],
    ['emoji', '😀'],
    ['emoji after one letter', 'a😀'],
  ])('keeps of a long message of %s the beginning and what to do, in 500 bytes', (_, part) => {
    const advice = 'does not exist: upload it';
    const decoded = decodeRecord(encodeRecord(failed(`s3://bucket/${part.repeat(300)} ${advice}`)));
    if (decoded?.head.status !== 'failed') throw new Error('it is the record of a failure');
    const { message } = decoded.head.error;
    expect(message.startsWith(`s3://bucket/${part}`)).toBe(true);
    expect(message.endsWith(`${part} ${advice}`)).toBe(true);
    expect(message.isWellFormed()).toBe(true);
    const bytes = asciiJson(message).length;
    expect(bytes).toBeGreaterThan(470);
    expect(bytes).toBeLessThanOrEqual(500);
  });

  it('keeps a message of 500 bytes as it is', () => {
    const record = failed('m'.repeat(498));
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('shortens the message before it leaves out the callback URL', () => {
    const key = 'ж'.repeat(128);
    const record = {
      ...failed('m'.repeat(490)),
      head: failedResult('j'.repeat(128), { code: 'VIDEO_CORRUPT', message: 'm'.repeat(490) }),
      provenance: provenanceOf({ ...JOB, video: { bucket: 'b'.repeat(256), key } }, '"abc"'),
      callbackUrl: `https://example.com/${'x'.repeat(270)}`,
    };
    const decoded = decodeRecord(encodeRecord(record));
    expect(decoded?.callbackUrl).toBe(record.callbackUrl);
    expect(decoded?.head).toMatchObject({ error: { message: expect.stringMatching(/^m{46}…m{46}$/) } });
  });

  it('leaves out a callback URL that is too long', () => {
    const record = { ...completed(), callbackUrl: `https://example.com/${'x'.repeat(300)}` };
    expect(decodeRecord(encodeRecord(record))).toEqual({ ...record, callbackUrl: null });
  });

  it('is not read from anything else', () => {
    expect(decodeRecord({})).toBeNull();
    expect(decodeRecord({ 'clipping-record': 'not JSON' })).toBeNull();
    expect(decodeRecord({ 'clipping-record': '{"head":{}}' })).toBeNull();
  });
});
