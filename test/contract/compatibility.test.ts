import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { detectionEvent, parseDetectionEvent } from '../../src/contract/callback.ts';
import { parseJob } from '../../src/contract/job.ts';
import { jsonSchemas } from '../../src/contract/json-schemas.ts';
import { failedResult, parseDetectionResult } from '../../src/contract/result.ts';
import { breakingChanges } from '../helpers/schema-compatibility.ts';

/** Documents and schemas as version 1 of the contract was published; these files never change. */
const VERSION_1 = join(import.meta.dirname, '../fixtures/contract/v1');

function stored(name: string): string {
  return readFileSync(join(VERSION_1, name), 'utf8');
}

function storedSchema(name: string): Record<string, unknown> {
  return JSON.parse(stored(`${name}.schema.json`)) as Record<string, unknown>;
}

function validator(name: string) {
  return new Ajv2020({ strict: false, formats: { uri: true, 'date-time': true } }).compile(
    storedSchema(name),
  );
}

const current = jsonSchemas();

describe('documents of version 1', () => {
  it.each(['completed.result.json', 'failed.result.json'])('%s is read, field by field', (name) => {
    expect(parseDetectionResult(stored(name))).toEqual(JSON.parse(stored(name)));
  });

  it.each(['completed.event.json', 'failed.event.json'])('%s is read, field by field', (name) => {
    expect(parseDetectionEvent(stored(name))).toEqual(JSON.parse(stored(name)));
  });

  it('a job of the original API is understood', () => {
    const policy = { defaultBucket: 'media', allowedBuckets: [], defaultFrameIntervalSeconds: 2 };
    expect(parseJob(stored('job.json'), policy)).toMatchObject({
      ok: true,
      job: { video: { bucket: 'media', key: 'users/user123/videos/source.mp4' }, callbackUrl: null },
    });
  });
});

describe('today’s contract', () => {
  it.each(['detection-result', 'detection-event'] as const)('takes nothing from readers of %s', (name) => {
    expect(breakingChanges(storedSchema(name), current[name], 'read')).toEqual([]);
  });

  it('asks nothing more of writers of detection-job', () => {
    expect(breakingChanges(storedSchema('detection-job'), current['detection-job'], 'written')).toEqual([]);
  });

  it('writes events that the schema of version 1 accepts', () => {
    const failure = failedResult('job-1', { code: 'VIDEO_CORRUPT', message: 'cut short: upload it again' });
    const event = detectionEvent(failure, { bucket: 'media', key: 'detections/job-1.json' }, new Date());
    const valid = validator('detection-event');
    valid(event);
    expect(valid.errors).toBeNull();
  });

  it('lets receivers meet fields and error codes they do not know', () => {
    const event = JSON.parse(stored('failed.event.json')) as { data: { error: { code: string } } };
    event.data.error.code = 'SOMETHING_NEW';
    const extended = JSON.stringify({ ...event, trace: 'abc' });
    expect(parseDetectionEvent(extended)).toMatchObject({ data: { error: { code: 'SOMETHING_NEW' } } });
    expect(validator('detection-event')(JSON.parse(extended))).toBe(true);
  });
});

describe('the search for breaking changes', () => {
  const older = {
    type: 'object',
    properties: {
      id: { type: 'string' },
      boxes: { type: 'array', items: { properties: { x: { type: 'number' } } } },
    },
    required: ['id'],
  };

  it('finds a field that was removed, renamed, retyped or made optional', () => {
    const newer = {
      type: 'object',
      properties: { id: { type: 'number' }, boxes: { type: 'array', items: {} } },
    };
    expect(breakingChanges(older, newer, 'read')).toEqual([
      '$.id may now be absent',
      '$.id: type was "string"',
      '$.boxes[].x is gone',
    ]);
  });

  it('finds a field that writers must now send', () => {
    expect(breakingChanges(older, { ...older, required: ['id', 'boxes'] }, 'written')).toEqual([
      '$.boxes is now required',
    ]);
  });
});
