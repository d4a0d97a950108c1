/** What was seen so far, in a file: only the frame that is being looked at is in memory, however long the video is. */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import { WorkerError } from '../errors.ts';
import type { FrameObservations, ObservedFrames } from '../tracking/observations.ts';
import { createFile, writeAll } from './disk.ts';
import { packFrame, unpackFrame } from './packed-frame.ts';

/** Before each record its length, a 32-bit number. */
const LENGTH_BYTES = 4;

/**
 * A header that names whose observations these are, then one record per sample: a frame, or nothing where the picture of the
 * sample before is still shown. A file that breaks off in a record is one that ends before it.
 */
export class ObservationLog implements ObservedFrames {
  /** For each sample the position of its frame among the frames: one shown for long stands for several. */
  readonly samples: number[] = [];
  readonly #fd: number;
  /** Where each frame's record begins. */
  readonly #starts: number[] = [];
  #bytes = 0;
  /** Every record is read into this buffer: what comes out of a record must be a copy. */
  #buffer = Buffer.alloc(1 << 16);

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** A new log; an old file of that name is emptied. @throws WorkerError DISK_FULL */
  static create(file: string, fingerprint: string): ObservationLog {
    const log = new ObservationLog(createFile(file));
    log.#write(serialize(fingerprint));
    return log;
  }

  /** The log in a file, to be gone on with; null where it is none, or one of another fingerprint. */
  static reopen(file: string, fingerprint: string): ObservationLog | null {
    if (!existsSync(file)) return null;
    const log = new ObservationLog(openSync(file, 'r+'));
    try {
      if (log.#readAll() === fingerprint) return log;
    } catch {
      // Whatever these bytes are, they are not to be gone on with.
    }
    log.close();
    return null;
  }

  /** Frames so far. */
  get length(): number {
    return this.#starts.length;
  }

  /** Size of the file: so much of it can be gone on with from here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The next sample's picture is a new one, and this was seen in it. @throws WorkerError DISK_FULL */
  append(frame: FrameObservations): void {
    this.#starts.push(this.#bytes);
    this.#write(serialize(packFrame(frame)));
    this.samples.push(this.#starts.length - 1);
  }

  /** The next sample's picture is still the last one. @throws WorkerError DISK_FULL */
  appendRepeat(): void {
    this.#write(new Uint8Array());
    this.samples.push(this.#starts.length - 1);
  }

  at(position: number): FrameObservations | undefined {
    const start = this.#starts.at(position);
    return start === undefined ? undefined : unpackFrame(deserialize(this.#record(start)));
  }

  *[Symbol.iterator](): Generator<FrameObservations, void> {
    for (const start of this.#starts) yield unpackFrame(deserialize(this.#record(start)));
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Finds the records of a file and returns its fingerprint; throws for what is no record. */
  #readAll(): unknown {
    const { size } = fstatSync(this.#fd);
    const fingerprint = deserialize(this.#record(0));
    this.#bytes = LENGTH_BYTES + this.#lengthAt(0);
    while (this.#bytes + LENGTH_BYTES <= size) {
      const length = this.#lengthAt(this.#bytes);
      if (this.#bytes + LENGTH_BYTES + length > size) break;
      if (length > 0) {
        deserialize(this.#record(this.#bytes));
        this.#starts.push(this.#bytes);
      }
      this.samples.push(this.#starts.length - 1);
      this.#bytes += LENGTH_BYTES + length;
    }
    ftruncateSync(this.#fd, this.#bytes);
    return fingerprint;
  }

  #record(start: number): Uint8Array {
    return this.#read(start + LENGTH_BYTES, this.#lengthAt(start));
  }

  #lengthAt(start: number): number {
    return this.#read(start, LENGTH_BYTES).readUInt32LE();
  }

  #read(start: number, length: number): Buffer {
    if (this.#buffer.length < length) this.#buffer = Buffer.alloc(2 * length);
    for (let done = 0; done < length; ) {
      const count = readSync(this.#fd, this.#buffer, done, length - done, start + done);
      if (count === 0) throw new WorkerError('INTERNAL', 'the file of observations is shorter than it was');
      done += count;
    }
    return this.#buffer.subarray(0, length);
  }

  #write(record: Uint8Array): void {
    const bytes = Buffer.alloc(LENGTH_BYTES + record.length);
    bytes.writeUInt32LE(record.length);
    bytes.set(record, LENGTH_BYTES);
    writeAll(this.#fd, bytes, this.#bytes);
    this.#bytes += bytes.length;
  }
}
