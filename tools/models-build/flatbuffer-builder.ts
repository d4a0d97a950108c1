/**
 * Writes FlatBuffers (https://flatbuffers.dev/internals) from the back to the front, byte for byte as Google's Python library does:
 * fields in order of their ids, equal vtables shared, vectors aligned to their elements.
 */
import type { Scalar, ScalarVector } from './flatbuffer-schema.ts';

/** Bytes of each scalar; also its alignment. */
export const SCALAR_BYTES: Readonly<Record<Scalar, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
};

/** Positions of what was written are counted from the end, for the beginning is not known before everything is written. */
export class FlatbufferBuilder {
  #bytes = new Uint8Array(1 << 16);
  #view = new DataView(this.#bytes.buffer);
  #used = 0;
  #maxAlignment = 1;
  /** Vtables by the offsets they hold. */
  readonly #vtables = new Map<string, number>();

  /** Writes a zero-terminated UTF-8 string. */
  string(value: string): number {
    const bytes = new TextEncoder().encode(value);
    this.#align(4, bytes.length + 1);
    this.#prepend(1, (at) => this.#view.setUint8(at, 0));
    this.#prependBytes(bytes);
    return this.#prependLength(bytes.length);
  }

  scalarVector(values: ScalarVector): number {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#align(4, bytes.length);
    this.#align(values.BYTES_PER_ELEMENT, bytes.length);
    this.#prependBytes(bytes);
    return this.#prependLength(values.length);
  }

  /** Writes a vector of references to tables. */
  offsetVector(positions: readonly number[]): number {
    this.#align(4, 4 * positions.length);
    for (const position of positions.toReversed()) this.#prependOffset(position);
    return this.#prependLength(positions.length);
  }

  /** Writes a table; each field writes its value and is called in order of the ids, null leaves it out. */
  table(fields: readonly (((builder: FlatbufferBuilder) => void) | null)[]): number {
    const end = this.#used;
    const positions = fields.map((write) => {
      write?.(this);
      return write === null ? 0 : this.#used;
    });
    this.#align(4, 0);
    this.#prepend(4, (at) => this.#view.setInt32(at, 0, true));
    const start = this.#used;
    const offsets = positions.map((position) => (position === 0 ? 0 : start - position));
    while (offsets.at(-1) === 0) offsets.pop();
    // The size of the table is no part of the key: so it is in Python, and readers do not look at it.
    const key = offsets.join();
    let position = this.#vtables.get(key);
    if (position === undefined) {
      for (const value of [4 + 2 * offsets.length, start - end, ...offsets].toReversed()) {
        this.#prepend(2, (at) => this.#view.setUint16(at, value, true));
      }
      position = this.#used;
      this.#vtables.set(key, position);
    }
    this.#view.setInt32(this.#bytes.length - start, position - start, true);
    return start;
  }

  scalar(type: Scalar, value: number): void {
    const size = SCALAR_BYTES[type];
    this.#align(size, 0);
    this.#prepend(size, (at) => {
      switch (type) {
        case 'bool':
        case 'uint8':
          return this.#view.setUint8(at, value);
        case 'int8':
          return this.#view.setInt8(at, value);
        case 'uint16':
          return this.#view.setUint16(at, value, true);
        case 'int32':
          return this.#view.setInt32(at, value, true);
        case 'uint32':
          return this.#view.setUint32(at, value, true);
        case 'float32':
          return this.#view.setFloat32(at, value, true);
        case 'int64':
          return this.#view.setBigInt64(at, BigInt(value), true);
      }
    });
  }

  reference(position: number): void {
    this.#align(4, 0);
    this.#prependOffset(position);
  }

  /** The finished file, its root table named, marked with a four-letter identifier. */
  finish(root: number, identifier: string): Uint8Array {
    const letters = new TextEncoder().encode(identifier);
    this.#align(this.#maxAlignment, 4 + letters.length);
    this.#prependBytes(letters);
    this.#prependOffset(root);
    return this.#bytes.slice(this.#bytes.length - this.#used);
  }

  /** Pads so that after `following` more bytes the position is a multiple of `alignment`. */
  #align(alignment: number, following: number): void {
    this.#maxAlignment = Math.max(this.#maxAlignment, alignment);
    const padding = -(this.#used + following) & (alignment - 1);
    this.#prependBytes(new Uint8Array(padding));
  }

  #prependLength(length: number): number {
    this.#prepend(4, (at) => this.#view.setUint32(at, length, true));
    return this.#used;
  }

  #prependOffset(position: number): void {
    this.#prepend(4, (at) => this.#view.setUint32(at, this.#used - position, true));
  }

  #prependBytes(bytes: Uint8Array): void {
    this.#prepend(bytes.length, (at) => this.#bytes.set(bytes, at));
  }

  #prepend(size: number, write: (at: number) => void): void {
    this.#reserve(size);
    this.#used += size;
    write(this.#bytes.length - this.#used);
  }

  #reserve(size: number): void {
    if (this.#used + size <= this.#bytes.length) return;
    const larger = new Uint8Array(2 * (this.#used + size));
    larger.set(this.#bytes.subarray(this.#bytes.length - this.#used), larger.length - this.#used);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
