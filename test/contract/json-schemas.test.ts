import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { jobMessageSchema } from '../../src/contract/job.ts';
import { jsonSchemas } from '../../src/contract/json-schemas.ts';
import { jobErrorSchema } from '../../src/contract/result.ts';
import { ERROR_KINDS, type ErrorCode, WorkerError } from '../../src/errors.ts';
import { decideOutcome } from '../../src/worker/outcome.ts';
import { schemaFiles } from '../../tools/contract-package/schema-files.ts';

const SCHEMAS = join(import.meta.dirname, '../../schemas');
const EXAMPLES = join(import.meta.dirname, '../fixtures/contract/v1');

function example(name: string): unknown {
  return JSON.parse(readFileSync(join(EXAMPLES, name), 'utf8'));
}

function validate(name: keyof ReturnType<typeof jsonSchemas>, document: unknown): boolean {
  const ajv = new Ajv2020({ strict: false, formats: { uri: true, 'date-time': true } });
  return ajv.validate(jsonSchemas()[name], document);
}

describe('the files of schemas/', () => {
  it.each([...schemaFiles()])('%s is what the contract says (else run npm run schemas)', (name, content) => {
    expect(readFileSync(join(SCHEMAS, name), 'utf8')).toBe(content);
  });

  it('are valid schemas of draft 2020-12', () => {
    for (const schema of Object.values(jsonSchemas())) {
      expect(new Ajv2020({ strict: false }).validateSchema(schema)).toBe(true);
    }
  });
});

describe('the JSON Schemas', () => {
  it('accept the examples', () => {
    expect(validate('detection-job', example('job.json'))).toBe(true);
    expect(validate('detection-result', example('completed.result.json'))).toBe(true);
    expect(validate('detection-result', example('failed.result.json'))).toBe(true);
    expect(validate('detection-event', example('completed.event.json'))).toBe(true);
    expect(validate('detection-event', example('failed.event.json'))).toBe(true);
  });

  it('name every code that a failed result can have', () => {
    const codes = (Object.keys(ERROR_KINDS) as ErrorCode[]).filter((code) => {
      const lastReceive = { receiveCount: 3, maxReceiveCount: 3 };
      const { name } = decideOutcome(new WorkerError(code, 'a reason'), lastReceive);
      return name === 'failed' || name === 'exhausted';
    });
    expect(jobErrorSchema.shape.code.meta()?.examples).toEqual(codes);
  });

  it.each([
    ['without a job_id', { video_s3_key: 'a.mp4' }],
    ['with a job_id that is no name', { job_id: 'a b', video_s3_key: 'a.mp4' }],
    ['with an interval of zero', { job_id: 'a', video_s3_key: 'a.mp4', frame_interval_seconds: 0 }],
    [
      'that asks for nothing',
      { job_id: 'a', video_s3_key: 'a.mp4', detect_faces: false, detect_poses: false },
    ],
  ])('and the worker refuse a job %s', (_, job) => {
    expect(validate('detection-job', job)).toBe(false);
    expect(jobMessageSchema.safeParse(job).success).toBe(false);
  });
});
