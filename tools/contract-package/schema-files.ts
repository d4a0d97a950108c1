/** The generated files of `schemas/`: names and contents, from the contract's own schemas. */
import { jsonSchemas } from '../../src/contract/json-schemas.ts';
import { openApiDocument } from '../../src/contract/openapi.ts';

export function schemaFiles(): ReadonlyMap<string, string> {
  const schemas = Object.entries(jsonSchemas()).map(
    ([name, schema]) => [`${name}.schema.json`, schema] as const,
  );
  return new Map(
    [...schemas, ['openapi.json', openApiDocument()] as const].map(([name, document]) => [
      name,
      `${JSON.stringify(document, null, 2)}\n`,
    ]),
  );
}
