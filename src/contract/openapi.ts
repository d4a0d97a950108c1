/** The worker's HTTP face as OpenAPI 3.1: health, the original detection endpoint, and the webhook it sends. */
import { z } from 'zod';
import { type JsonSchema, jsonSchemas, toJsonSchema } from './json-schemas.ts';
import { failedResponseSchema, queuedResponseSchema } from './original-api.ts';
import { completedResultSchema } from './result.ts';

const loopDelaySchema = z
  .object({ mean: z.number(), p99: z.number(), max: z.number() })
  .describe('How late the event loop runs its timers, in milliseconds.');

const healthSchema = z.object({
  status: z.literal('alive'),
  uptime_seconds: z.int().min(0),
  event_loop_delay_ms: loopDelaySchema,
});

const readinessSchema = z.object({
  status: z.enum(['ready', 'not ready']),
  running_jobs: z.int().min(0),
  reasons: z.array(z.string()).optional().describe('Why no job is taken; absent when ready.'),
});

const tensorsSchema = z.array(
  z.object({
    name: z.string(),
    type: z.string().describe('Element type in ONNX Runtime’s words, as float32.'),
    shape: z
      .array(z.union([z.int(), z.string()]))
      .describe('One entry a dimension: a fixed size, or the name of a dynamic one.'),
  }),
);

const modelsSchema = z.object({
  status: z.enum(['loaded', 'loading']),
  models: z.array(
    z.object({
      role: z.string(),
      name: z.string(),
      path: z.string(),
      sha256: z.string(),
      licence: z.string(),
      inputs: tensorsSchema,
      outputs: tensorsSchema,
      load_ms: z.number().min(0),
      threads: z.int().positive(),
      warning: z.string().optional().describe('What its user should know; absent when there is nothing.'),
    }),
  ),
});

const httpErrorSchema = z.object({ detail: z.string().describe('One sentence: what is wrong.') });

const completedResponseSchema = completedResultSchema.extend({ results_s3_key: z.string() });

/** The whole document; a JSON value. */
export function openApiDocument(): Readonly<Record<string, unknown>> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Clipping worker',
      version: '1',
      description:
        'Finds and follows the faces and bodies in a video. Jobs come from SQS, or from POST /detect.',
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    paths: {
      '/health': {
        get: operation('health', 'Whether the process is alive', { 200: json('alive', ref('Health')) }),
      },
      '/health/ready': {
        get: operation('readiness', 'Whether jobs are taken', {
          200: json('jobs are taken', ref('Readiness')),
          503: json('no job is taken; the reasons say why', ref('Readiness')),
        }),
      },
      '/health/models': {
        get: operation('models', 'The networks in use', {
          200: json('every network is loaded', ref('Models')),
          503: json('still loading', ref('Models')),
        }),
      },
      '/detect': { post: detectOperation() },
    },
    webhooks: { detection: { post: webhookOperation() } },
    components: {
      schemas: componentSchemas(),
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function detectOperation() {
  const refusal = (description: string) => json(description, ref('Error'));
  return {
    ...operation(
      'detect',
      'Analyses one video and answers with its result; with a callback_url, answers at once and calls back. Off unless HTTP_DETECT=true.',
      {
        200: json('the job has ended, or is queued', {
          oneOf: [ref('CompletedResponse'), ref('FailedResponse'), ref('QueuedResponse')],
        }),
        401: refusal('the bearer token is missing or wrong (only with HTTP_DETECT_TOKEN)'),
        405: refusal('the method is another than POST'),
        409: refusal('job_id already has a result of another request'),
        413: refusal('the body is larger than any job'),
        422: refusal('the body is no valid job'),
        429: {
          ...refusal('every slot is taken'),
          headers: { 'Retry-After': { schema: { type: 'integer' }, description: 'Seconds to wait.' } },
        },
        503: refusal('a dependency had a bad moment, or the worker is shutting down: send it again'),
      },
    ),
    // An empty alternative: the token is asked for only when one is configured.
    security: [{ token: [] }, {}],
    requestBody: { required: true, content: { 'application/json': { schema: ref('DetectionJob') } } },
  };
}

function webhookOperation() {
  const header = (name: string, description: string, required = true) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  });
  return {
    ...operation('detectionEvent', 'A job has ended (Standard Webhooks 1.0.0)', {
      '2XX': { description: 'Taken. Any other answer, redirects included, is tried again later.' },
      410: { description: 'Not wanted any more: this event is not sent again.' },
    }),
    description:
      'Events of one job may arrive out of order: ignore one whose `timestamp` is older than that of the last one handled for its `job_id`.',
    parameters: [
      header(
        'webhook-id',
        'The same for every delivery of the same result, another one when a result is replaced: handle each id once.',
      ),
      header('webhook-timestamp', 'When this attempt was made, in seconds since the epoch.'),
      header(
        'webhook-signature',
        'v1, and the base64 of HMAC-SHA256 over id.timestamp.body; several are separated by spaces. Absent when the worker has no secret.',
        false,
      ),
    ],
    requestBody: {
      required: true,
      description: 'With CALLBACK_STYLE=result: the answer of POST /detect instead.',
      content: { 'application/json': { schema: ref('DetectionEvent') } },
    },
  };
}

function componentSchemas(): Record<string, JsonSchema> {
  const { 'detection-job': job, 'detection-event': event } = jsonSchemas();
  return {
    DetectionJob: job,
    DetectionEvent: event,
    CompletedResponse: toJsonSchema(completedResponseSchema),
    FailedResponse: toJsonSchema(failedResponseSchema),
    QueuedResponse: toJsonSchema(queuedResponseSchema),
    Health: toJsonSchema(healthSchema),
    Readiness: toJsonSchema(readinessSchema),
    Models: toJsonSchema(modelsSchema),
    Error: toJsonSchema(httpErrorSchema),
  };
}

function operation(operationId: string, summary: string, responses: Record<string, unknown>) {
  return { operationId, summary, responses };
}

function json(description: string, schema: unknown) {
  return { description, content: { 'application/json': { schema } } };
}

function ref(name: string) {
  return { $ref: `#/components/schemas/${name}` };
}
