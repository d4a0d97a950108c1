import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readParameters } from '../../infra/parameters.ts';
import { videoError } from '../../src/aws/video-error.ts';
import { nextDelaySeconds, QUEUE_ATTEMPTS } from '../../src/callback/retry-schedule.ts';
import { parseDetectionEvent } from '../../src/contract/callback.ts';
import { parseJobMessage } from '../../src/contract/job.ts';

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');

/** The JSON examples under a heading. */
function examples(heading: string): string[] {
  const section = README.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  return [...section.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => json);
}

describe('the examples of the README', () => {
  it('are events that a receiver can read, one of each type', () => {
    const types = examples('Receive the callback').map((json) => parseDetectionEvent(json).type);
    expect(types).toEqual(['detection.completed', 'detection.failed']);
  });

  it('are jobs that a producer can send', () => {
    const jobs = examples('Send a job');
    expect(jobs.length).toBeGreaterThan(0);
    for (const json of jobs) expect(() => parseJobMessage(json)).not.toThrow();
  });

  it('name videos where the stack lets the worker read them', () => {
    const { videoPrefix } = readParameters({});
    const keys = [...README.matchAll(/"video_s3_key": "(.+?)"|s3:\/\/media\/(\S+\.mp4)/g)];
    expect(keys.length).toBeGreaterThan(1);
    for (const [, sent, named] of keys) expect(sent ?? named).toMatch(new RegExp(`^${videoPrefix}`));
  });

  it('tell a failure in the worker’s words', () => {
    const [failed] = examples('Receive the callback')
      .map((json) => parseDetectionEvent(json))
      .flatMap(({ data }) => (data.status === 'failed' ? [data.error] : []));
    const missing = Object.assign(new Error(), { $metadata: { httpStatusCode: 404 } });
    const { code, message } = videoError(missing, { bucket: 'media', key: 'videos/talk-0043.mp4' });
    expect(failed).toMatchObject({ code, message });
  });

  it('tell the schedule of a callback as it is', () => {
    const seconds = Array.from({ length: QUEUE_ATTEMPTS - 1 }, (_, i) =>
      nextDelaySeconds(i + 1, null, () => 0),
    );
    const hours = seconds.slice(1).map((value) => (value ?? 0) / 3600);
    expect(README).toContain(
      `after 5 and ${(seconds[0] ?? 0) / 60} minutes, ${hours.slice(0, -1).join(', ')} and ${hours.at(-1)} hours`,
    );
  });
});
