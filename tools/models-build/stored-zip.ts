/** Writes the uncompressed zip archives that MediaPipe's Tasks API maps into memory. */
import { crc32 } from 'node:zlib';

/** A file of the archive. */
export interface StoredFile {
  readonly name: string;
  readonly data: Uint8Array;
}

/** Google's own bundles carry this moment; a fixed one keeps archives reproducible. */
const MODIFIED = { date: dosDate(2023, 4, 27), time: dosTime(18, 38, 56) };

const LOCAL_HEADER_BYTES = 30;
const CENTRAL_HEADER_BYTES = 46;
const END_BYTES = 22;
const VERSION = 20;
const UNIX = 3;
const REGULAR_FILE_MODE = 0o600;

/** An archive whose files start at multiples of `alignment`, as the Tasks API wants its networks (4). */
export function storedZip(files: readonly StoredFile[], alignment: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let position = 0;
  const append = (bytes: Uint8Array) => {
    parts.push(bytes);
    position += bytes.length;
  };
  for (const { name, data } of files) {
    const header = localHeader(name, data);
    append(new Uint8Array(-(position + header.length) & (alignment - 1)));
    directory.push(centralHeader(header, name, position));
    append(header);
    append(data);
  }
  return Buffer.concat([...parts, ...directory, endOfDirectory(directory, position)]);
}

/** The end of a directory, at `position`, of the headers given. */
export function endOfDirectory(headers: readonly Uint8Array[], position: number): Uint8Array {
  const end = Buffer.alloc(END_BYTES);
  end.writeUInt32BE(0x504b0506, 0);
  end.writeUInt16LE(headers.length, 8);
  end.writeUInt16LE(headers.length, 10);
  end.writeUInt32LE(
    headers.reduce((sum, { length }) => sum + length, 0),
    12,
  );
  end.writeUInt32LE(position, 16);
  return end;
}

function localHeader(name: string, data: Uint8Array): Buffer {
  const header = Buffer.alloc(LOCAL_HEADER_BYTES + name.length);
  header.writeUInt32BE(0x504b0304, 0);
  header.writeUInt16LE(VERSION, 4);
  header.writeUInt16LE(MODIFIED.time, 10);
  header.writeUInt16LE(MODIFIED.date, 12);
  header.writeUInt32LE(crc32(data), 14);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(data.length, 22);
  header.writeUInt16LE(name.length, 26);
  header.write(name, LOCAL_HEADER_BYTES);
  return header;
}

/** The directory repeats what the local header says from its version on, and adds where the file lies and its mode. */
function centralHeader(local: Buffer, name: string, position: number): Buffer {
  const header = Buffer.alloc(CENTRAL_HEADER_BYTES + name.length);
  header.writeUInt32BE(0x504b0102, 0);
  header.writeUInt8(VERSION, 4);
  header.writeUInt8(UNIX, 5);
  local.copy(header, 6, 4, LOCAL_HEADER_BYTES);
  header.writeUInt32LE(REGULAR_FILE_MODE * 2 ** 16, 38);
  header.writeUInt32LE(position, 42);
  header.write(name, CENTRAL_HEADER_BYTES);
  return header;
}

function dosDate(year: number, month: number, day: number): number {
  return ((year - 1980) << 9) | (month << 5) | day;
}

function dosTime(hours: number, minutes: number, seconds: number): number {
  return (hours << 11) | (minutes << 5) | (seconds >> 1);
}
