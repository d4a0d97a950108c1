import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../src/contract/openapi.ts';
import { completedResponse, failedResponse } from '../../src/contract/original-api.ts';
import { failedResult } from '../../src/contract/result.ts';
import { type HealthServer, startHealthServer } from '../../src/http/health-server.ts';
import type { ModelDescription } from '../../src/inference/model-store.ts';

interface Operation {
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: object }> }>>;
}

const document = openApiDocument() as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly webhooks: object;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
};

/** The schemas closed to fields they do not name: an answer of today has none, though readers must expect some of tomorrow. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const isObject = 'properties' in schema && 'type' in schema;
  return { ...(isObject ? { additionalProperties: false } : {}), ...Object.fromEntries(entries) };
}

/** Whether a body is what the document says of this answer. */
function problems(path: string, method: string, status: number, body: unknown): unknown {
  const schema = document.paths[path]?.[method]?.responses[status]?.content?.['application/json']?.schema;
  if (schema === undefined) return `${method} ${path} does not answer ${status}`;
  const ajv = new Ajv2020({ strict: false, formats: { uri: true, 'date-time': true } });
  const validate = ajv.compile({ ...schema, components: closed(document.components) as object });
  return validate(body) ? null : validate.errors;
}

const MODEL: ModelDescription = {
  name: 'face-detector',
  role: 'face-detector',
  path: '/models/face-detector.onnx',
  sha256: 'ab'.repeat(32),
  licence: 'Apache-2.0',
  inputs: [{ name: 'images', type: 'float32', shape: ['batch', 3, 640, 640] }],
  outputs: [{ name: 'output0', type: 'float32', shape: ['batch', 15, 8400] }],
  loadMs: 12,
  threads: 1,
  warning: 'not known to the manifest',
};

describe('the OpenAPI document', () => {
  let server: HealthServer;
  let reasons: string[] = [];
  let models: ModelDescription[] | null = null;

  beforeAll(async () => {
    server = await startHealthServer(0, {
      readinessProblems: () => reasons,
      models: () => models,
      metrics: async () => ({ contentType: 'text/plain', text: '' }),
      runningJobs: () => 1,
      loopDelayMs: () => ({ mean: 0, p99: 2.3, max: 240 }),
    });
  });
  afterAll(() => server.close());

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.json() };
  }

  it('describes what the health endpoints really answer', async () => {
    for (const [problem, loaded] of [
      [[], [MODEL]],
      [['no queue'], null],
    ] as const) {
      reasons = [...problem];
      models = loaded === null ? null : [...loaded];
      for (const path of ['/health', '/health/ready', '/health/models']) {
        const { status, body } = await get(path);
        expect(problems(path, 'get', status, body)).toBeNull();
      }
    }
  });

  it('describes the answers of POST /detect', () => {
    const stored = readFileSync(join(import.meta.dirname, '../fixtures/contract/v1/completed.result.json'));
    const completed: unknown = JSON.parse(
      Buffer.from(completedResponse(stored, 'detections/1.json')).toString(),
    );
    expect(problems('/detect', 'post', 200, completed)).toBeNull();
    const failed = failedResponse(failedResult('job-1', { code: 'VIDEO_EMPTY', message: 'empty' }));
    expect(problems('/detect', 'post', 200, failed)).toBeNull();
    for (const status of [401, 405, 409, 413, 422, 429, 503]) {
      expect(problems('/detect', 'post', status, { detail: 'no' })).toBeNull();
    }
    expect(problems('/detect', 'post', 200, { job_id: 'job-1', status: 'lost' })).not.toBeNull();
  });

  it.each(Object.entries(document.components.schemas))('holds a valid schema of %s', (_, schema) => {
    const formats = { uri: true, 'date-time': true } as const;
    const strict = { strict: true, strictTypes: true, strictTuples: true, strictRequired: true };
    expect(() => new Ajv2020({ ...strict, formats }).compile(schema)).not.toThrow();
  });

  it('refers only to schemas it holds', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect(references.length).toBeGreaterThan(0);
    expect(references.filter((name) => document.components.schemas[name ?? ''] === undefined)).toEqual([]);
  });
});
