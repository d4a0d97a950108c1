import { describe, expect, it } from '@jest/globals';
import { readFlatbuffer, type Schema, writeFlatbuffer } from '../../tools/models-build/flatbuffer-schema.ts';

const SCHEMA: Schema = {
  Zoo: [
    ['name', 'string'],
    ['open', { scalar: 'bool', otherwise: 1 }],
    ['animals', { vectorOf: { table: 'Animal' } }],
    ['visitors', { vectorOf: 'int64' }],
    ['pet', { union: { 1: 'Animal', 2: 'Plant' } }],
    ['garden', { table: 'Plant' }],
  ],
  Animal: [
    ['legs', { scalar: 'int8' }],
    ['weight', { scalar: 'float32' }],
    ['born', { scalar: 'int64' }],
    ['cage', { scalar: 'uint32' }],
    ['herd', { scalar: 'uint16' }],
  ],
  Plant: [['height', { scalar: 'int32' }]],
};

const ZOO = {
  name: 'Zürich',
  open: 0,
  animals: [
    { legs: -4, weight: 1.5, born: 1_700_000_000_000, cage: 4_000_000_000, herd: 60_000 },
    { legs: 0, weight: 0, born: 0, cage: 0, herd: 0 },
  ],
  visitors: BigInt64Array.of(3n, -4n),
  pet: { kind: 'Plant', value: { height: -7 } },
  garden: { height: 12 },
};

describe('a flat buffer', () => {
  it('comes back as it was written', () => {
    const bytes = writeFlatbuffer(ZOO, SCHEMA, 'Zoo', 'ZOO1');
    expect(Buffer.from(bytes.subarray(4, 8)).toString()).toBe('ZOO1');
    expect(readFlatbuffer(bytes, SCHEMA, 'Zoo')).toEqual(ZOO);
  });

  it('comes back wherever it lies in memory', () => {
    const bytes = writeFlatbuffer(ZOO, SCHEMA, 'Zoo', 'ZOO1');
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readFlatbuffer(shifted.subarray(3), SCHEMA, 'Zoo')).toEqual(ZOO);
  });

  it('gives defaults for scalars and nothing for the rest that was left out', () => {
    const bytes = writeFlatbuffer({}, SCHEMA, 'Zoo', 'ZOO1');
    expect(readFlatbuffer(bytes, SCHEMA, 'Zoo')).toEqual({ open: 1 });
  });

  it('of many tables shares the vtables of those that look alike', () => {
    const one = writeFlatbuffer({ animals: [{ legs: 2 }] }, SCHEMA, 'Zoo', 'ZOO1');
    const animals = Array.from({ length: 101 }, () => ({ legs: 2 }));
    const many = writeFlatbuffer({ animals }, SCHEMA, 'Zoo', 'ZOO1');
    // A reference of four bytes and a table of eight for each.
    expect(many.length - one.length).toBe(100 * 12);
  });

  it('of another schema is refused where a union holds what is unknown', () => {
    const narrower: Schema = {
      ...SCHEMA,
      Zoo: SCHEMA.Zoo?.with(4, ['pet', { union: { 1: 'Animal' } }]) ?? [],
    };
    const bytes = writeFlatbuffer(ZOO, SCHEMA, 'Zoo', 'ZOO1');
    expect(() => readFlatbuffer(bytes, narrower, 'Zoo')).toThrow('does not know kind 2');
    expect(() => readFlatbuffer(bytes, SCHEMA, 'Circus')).toThrow('no table Circus');
  });
});
