/** Reads and writes FlatBuffers by a description of their tables, so that no code needs to be generated. */
import { FlatbufferBuilder, SCALAR_BYTES } from './flatbuffer-builder.ts';

export type Scalar = 'bool' | 'int8' | 'uint8' | 'uint16' | 'int32' | 'uint32' | 'float32' | 'int64';

export type ScalarVector =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | BigInt64Array;

/** What a field holds. A union takes two ids: the kind of table, then the table; both are this one field's value. */
export type FieldType =
  | { readonly scalar: Scalar; readonly otherwise?: number }
  | 'string'
  | { readonly vectorOf: Scalar | { readonly table: string } }
  | { readonly table: string }
  | { readonly union: Readonly<Record<number, string>> };

/** Name and type of a field; its id is its place, and a union takes two places. */
export type Field = readonly [name: string, type: FieldType];

/** Tables by name. */
export type Schema = Readonly<Record<string, readonly Field[]>>;

/** A table of a union, with its name. */
export interface UnionValue {
  readonly kind: string;
  readonly value: Table;
}

export type Value = number | string | ScalarVector | Table | readonly Table[] | UnionValue | undefined;

/** Fields by name; undefined where the file leaves one out, except scalars, which then have their default. */
export interface Table {
  readonly [field: string]: Value;
}

const VECTORS = {
  bool: Uint8Array,
  int8: Int8Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  int64: BigInt64Array,
} as const;

/** Reads the root table of a file. Fields the schema does not know are passed over. */
export function readFlatbuffer(bytes: Uint8Array, schema: Schema, root: string): Table {
  const reader = new Reader(bytes, schema);
  return reader.table(reader.follow(0), root);
}

/** Writes a file with `table` as its root. */
export function writeFlatbuffer(table: Table, schema: Schema, root: string, identifier: string): Uint8Array {
  const builder = new FlatbufferBuilder();
  return builder.finish(writeTable(builder, table, schema, root), identifier);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #schema: Schema;

  constructor(bytes: Uint8Array, schema: Schema) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#schema = schema;
  }

  /** Where the offset at a position leads. */
  follow(at: number): number {
    return at + this.#view.getUint32(at, true);
  }

  table(at: number, name: string): Table {
    const vtable = at - this.#view.getInt32(at, true);
    const vtableBytes = this.#view.getUint16(vtable, true);
    const positionOf = (id: number) => {
      const entry = 4 + 2 * id;
      const offset = entry < vtableBytes ? this.#view.getUint16(vtable + entry, true) : 0;
      return offset === 0 ? null : at + offset;
    };
    const table: Record<string, Value> = {};
    let id = 0;
    for (const [field, type] of fieldsOf(this.#schema, name)) {
      if (isUnion(type)) {
        const kindAt = positionOf(id++);
        const valueAt = positionOf(id++);
        const kind = kindAt === null ? 0 : this.#view.getUint8(kindAt);
        table[field] = kind === 0 || valueAt === null ? undefined : this.#union(valueAt, type.union, kind);
      } else {
        const position = positionOf(id++);
        if (position !== null) table[field] = this.#value(position, type);
        else if (isScalar(type)) table[field] = type.otherwise ?? 0;
      }
    }
    return table;
  }

  #value(at: number, type: Exclude<FieldType, { readonly union: unknown }>): Value {
    if (type === 'string') return new TextDecoder().decode(this.#vector(this.follow(at), 'uint8'));
    if ('scalar' in type) return this.#scalar(at, type.scalar);
    if ('table' in type) return this.table(this.follow(at), type.table);
    const vector = this.follow(at);
    if (typeof type.vectorOf === 'string') return this.#vector(vector, type.vectorOf);
    const { table } = type.vectorOf;
    const length = this.#view.getUint32(vector, true);
    return Array.from({ length }, (_, i) => this.table(this.follow(vector + 4 + 4 * i), table));
  }

  #union(at: number, names: Readonly<Record<number, string>>, kind: number): UnionValue {
    const name = names[kind];
    if (name === undefined) throw new Error(`the schema does not know kind ${kind} of a union`);
    return { kind: name, value: this.table(this.follow(at), name) };
  }

  #scalar(at: number, type: Scalar): number {
    return Number(this.#elements(at, 1, type)[0]);
  }

  #vector(at: number, type: Scalar): ScalarVector {
    return this.#elements(at + 4, this.#view.getUint32(at, true), type);
  }

  /** A copy: a file's vectors need not be aligned in memory. */
  #elements(at: number, length: number, type: Scalar): ScalarVector {
    const bytes = new Uint8Array(this.#bytes.subarray(at, at + length * SCALAR_BYTES[type]));
    return new VECTORS[type](bytes.buffer);
  }
}

function writeTable(builder: FlatbufferBuilder, table: Table, schema: Schema, name: string): number {
  // What a table refers to is written before the table itself.
  const writers = fieldsOf(schema, name).flatMap(([field, type]) => {
    const value = table[field];
    if (isUnion(type)) {
      if (value === undefined) return [null, null];
      const { kind, value: chosen } = value as UnionValue;
      const number = Number(Object.keys(type.union).find((key) => type.union[Number(key)] === kind));
      const position = writeTable(builder, chosen, schema, kind);
      return [() => builder.scalar('uint8', number), () => builder.reference(position)];
    }
    if (isScalar(type)) {
      const isDefault = value === undefined || value === (type.otherwise ?? 0);
      return [isDefault ? null : () => builder.scalar(type.scalar, value as number)];
    }
    if (value === undefined) return [null];
    const position = writeReferred(builder, value, schema, type);
    return [() => builder.reference(position)];
  });
  return builder.table(writers);
}

function writeReferred(
  builder: FlatbufferBuilder,
  value: Value,
  schema: Schema,
  type: Exclude<FieldType, { readonly union: unknown } | { readonly scalar: unknown }>,
): number {
  if (type === 'string') return builder.string(value as string);
  if ('table' in type) return writeTable(builder, value as Table, schema, type.table);
  if (typeof type.vectorOf === 'string') return builder.scalarVector(value as ScalarVector);
  const { table } = type.vectorOf;
  return builder.offsetVector(
    (value as readonly Table[]).map((element) => writeTable(builder, element, schema, table)),
  );
}

function fieldsOf(schema: Schema, name: string): readonly Field[] {
  const fields = schema[name];
  if (fields === undefined) throw new Error(`the schema has no table ${name}`);
  return fields;
}

function isUnion(type: FieldType): type is { readonly union: Readonly<Record<number, string>> } {
  return typeof type === 'object' && 'union' in type;
}

function isScalar(type: FieldType): type is { readonly scalar: Scalar; readonly otherwise?: number } {
  return typeof type === 'object' && 'scalar' in type;
}
