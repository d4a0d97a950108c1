/** Single packets of a video file, read in this process without touching the rest of it. */
import type { Arrivals } from '../arrivals.ts';
import type { ByteRange } from '../byte-ranges.ts';
import type { PacketTable } from './packet-table.ts';
import type { PacketRange } from './sampling-plan.ts';

/** An open file and its first video stream. */
export interface PacketSource {
  /**
   * The table it was opened with; keyframes are only those that both readers take for one. Of a partial MP4 they are all that the
   * container names: what ffmpeg made of the missing ones means nothing.
   */
  readonly table: PacketTable;
  /** Keyframes as the container names them, in both cases. */
  readonly namedKeys: Uint8Array;
  /** The codec's configuration record; null when it stands in the packets. */
  readonly configuration: Uint8Array | null;
  /** Size of the stored picture, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Clockwise. */
  readonly rotationDegrees: number;
  /** Whether the picture is mirrored on top of that. */
  readonly isMirrored: boolean;
  /**
   * The packets of a range, one after the other; the first must be a keyframe.
   * @throws RangeError where the file has none there, or that part of it was not fetched
   */
  read(range: PacketRange): AsyncGenerator<{ packet: number; data: Uint8Array }, void>;
  close(): void;
}

/** Which file, and what is known of it. */
export interface PacketFile {
  /** Absolute path. */
  readonly file: string;
  readonly table: PacketTable;
  /** ffmpeg's name of it. */
  readonly container: string;
  /** What is there of the file; null for all. */
  readonly parts: readonly ByteRange[] | null;
  /** Which of the parts are still to come; null for none. */
  readonly arrivals: Arrivals | null;
}

/** The keyframes that both readers take for one. */
export function commonKeys(keys: Uint8Array, others: Uint8Array): Uint8Array {
  return keys.map((key, packet) => key & (others[packet] ?? 0));
}
