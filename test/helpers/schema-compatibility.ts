/** Finds what a change of a JSON Schema breaks for those who were written against the older one. */

/** `read`: the other side reads our documents; `written`: the other side writes them and we read. */
export type Direction = 'read' | 'written';

interface Schema {
  readonly [keyword: string]: unknown;
}

/** Each breaking change in words, with its path; empty when the newer schema only adds. */
export function breakingChanges(older: unknown, newer: unknown, direction: Direction, path = '$'): string[] {
  if (!isSchema(older)) return [];
  if (!isSchema(newer)) return [`${path} is gone`];
  return [
    ...changedKeywords(older, newer, path),
    ...changedRequirements(older, newer, direction, path),
    ...Object.entries(asSchema(older.properties)).flatMap(([name, schema]) =>
      breakingChanges(schema, asSchema(newer.properties)[name], direction, `${path}.${name}`),
    ),
    ...breakingChanges(older.items, newer.items, direction, `${path}[]`),
    ...breakingChanges(older.additionalProperties, newer.additionalProperties, direction, `${path}{}`),
    ...['anyOf', 'oneOf', 'prefixItems'].flatMap((keyword) =>
      asList(older[keyword]).flatMap((schema, i) =>
        breakingChanges(schema, asList(newer[keyword])[i], direction, `${path}(${i})`),
      ),
    ),
  ];
}

function changedKeywords(older: Schema, newer: Schema, path: string): string[] {
  return ['type', 'const', 'enum', 'format', 'minItems', 'maxItems']
    .filter((keyword) => JSON.stringify(older[keyword]) !== JSON.stringify(newer[keyword]))
    .map((keyword) => `${path}: ${keyword} was ${JSON.stringify(older[keyword])}`);
}

function changedRequirements(older: Schema, newer: Schema, direction: Direction, path: string): string[] {
  const before = asList(older.required);
  const after = asList(newer.required);
  return direction === 'read'
    ? before
        .filter((name) => !after.includes(name))
        .map((name) => `${path}.${String(name)} may now be absent`)
    : after.filter((name) => !before.includes(name)).map((name) => `${path}.${String(name)} is now required`);
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asSchema(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
