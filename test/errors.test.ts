import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { deserializeError, ERROR_KINDS, serializeError, toWorkerError, WorkerError } from '../src/errors.ts';

describe('WorkerError', () => {
  it('knows from its code what becomes of the job', () => {
    expect(new WorkerError('VIDEO_CORRUPT', 'broken').kind).toBe('permanent');
    expect(new WorkerError('STORAGE_UNAVAILABLE', 'later').kind).toBe('retry');
    expect(new WorkerError('LEASE_LOST', 'gone').kind).toBe('released');
  });

  it('keeps one of ours as it is and turns anything else into a retryable internal error with its cause', () => {
    const ours = new WorkerError('VIDEO_EMPTY', 'no bytes');
    expect(toWorkerError(ours)).toBe(ours);
    const foreign = new TypeError('x is undefined');
    const translated = toWorkerError(foreign);
    expect(translated).toMatchObject({ code: 'INTERNAL', kind: 'retry', cause: foreign });
    expect(toWorkerError('a string').message).toContain('a string');
  });

  it('keeps code, message and the original trace through a thread border', () => {
    const foreign = new TypeError('x is undefined');
    const copy = deserializeError(structuredClone(serializeError(foreign)));
    expect(copy).toBeInstanceOf(WorkerError);
    expect(copy.code).toBe('INTERNAL');
    expect(copy.stack).toBe(foreign.stack);
  });

  it('is still a crash behind a thread border if it was one', () => {
    for (const endedBySignal of [true, false]) {
      const error = new WorkerError('DECODER_FAILED', 'a reason', { endedBySignal });
      expect(deserializeError(structuredClone(serializeError(error)))).toMatchObject({ endedBySignal });
    }
  });
});

describe('the error codes', () => {
  it('are each one that something ends with: they are published', () => {
    const src = join(import.meta.dirname, '../src');
    const sources = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(src, file), 'utf8'));
    const unused = Object.keys(ERROR_KINDS).filter(
      (code) => !sources.some((source) => source.includes(`'${code}'`)),
    );
    expect(unused).toEqual([]);
  });
});
