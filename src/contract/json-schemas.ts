/** The contract's documents as JSON Schemas (draft 2020-12), for consumers in other languages and for the OpenAPI document. */
import { z } from 'zod';
import { detectionEventSchema } from './callback.ts';
import { jobMessageSchema } from './job.ts';
import { detectionResultSchema, RESULT_SCHEMA_VERSION } from './result.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The schemas by the name of their file in `schemas/`, without `.schema.json`. */
export function jsonSchemas(): Readonly<
  Record<'detection-job' | 'detection-result' | 'detection-event', JsonSchema>
> {
  return {
    'detection-job': published('detection-job', 'The message that asks for a detection', {
      ...toJsonSchema(jobMessageSchema),
      // Zod's refinement has no JSON Schema of its own.
      not: {
        properties: { detect_faces: { const: false }, detect_poses: { const: false } },
        required: ['detect_faces', 'detect_poses'],
      },
    }),
    'detection-result': published(
      'detection-result',
      'The result of a detection',
      toJsonSchema(detectionResultSchema),
    ),
    'detection-event': published(
      'detection-event',
      'The body of a callback',
      toJsonSchema(detectionEventSchema),
    ),
  };
}

/** One schema inline, open to fields it does not name: a newer worker may add some. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  // Of the two readings Zod offers, "input" is the one that leaves objects open.
  const { $schema: _, ...body } = z.toJSONSchema(schema, { io: 'input', override: plain });
  return body as JsonSchema;
}

function published(name: string, title: string, body: JsonSchema): JsonSchema {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:clipping-worker:${name}:${RESULT_SCHEMA_VERSION}`,
    title,
    ...body,
  };
}

/** Drops what every JSON reader implies: the largest safe integer, and the pattern behind a named format. */
function plain({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
}
