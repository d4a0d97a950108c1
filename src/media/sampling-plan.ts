/** Chooses the cheapest way to decode exactly the wanted pictures: pure, from the packet table alone. */
import { DECODER_START_MS, decodeCostMs } from './decode-cost.ts';
import { type PacketTable, packetsByPosition } from './packet-table.ts';
import type { VideoInfo } from './video-info.ts';

/** Packets from a keyframe on, in decoding order, both ends included. */
export interface PacketRange {
  readonly first: number;
  readonly last: number;
}

/**
 * How a video is decoded:
 * - `all`: ffmpeg reads the file and decodes everything
 * - `keyframes`: only keyframes are decoded, since every sample is one
 * - `groups`: of every group of pictures, what comes up to its last sample is decoded, without pictures nobody refers to
 */
export interface SamplingPlan {
  readonly kind: 'all' | 'keyframes' | 'groups';
  /** One sentence. */
  readonly reason: string;
  /** What is fed to the decoder; empty for `all`. */
  readonly ranges: readonly PacketRange[];
  /** Packets that may be decoded, and of how many: those of the groups of pictures that hold samples, or all. */
  readonly packets: number;
  readonly packetsTotal: number;
  /** CPU time of the decoder by the cost model. */
  readonly estimatedCpuMs: number;
}

/**
 * `auto` takes the cheapest plan; `all` decodes everything, for comparisons; `sparse` never everything where less suffices: for
 * comparisons, and for files with gaps.
 */
export type AllowedPlan = 'auto' | 'all' | 'sparse';

/** What a plan depends on. */
export type PlannedVideo = Pick<VideoInfo, 'codec' | 'width' | 'height' | 'timeline' | 'packets'>;

export interface PlanRequest {
  readonly video: PlannedVideo;
  /** The packets that can be read one by one; null where they cannot. */
  readonly packets: PacketTable | null;
  /** Packets before which others may be missing, of which nothing is known; none by default. All of them are keyframes. */
  readonly breaks?: ReadonlySet<number>;
  /** Wanted pictures by their position in the timeline, ascending. */
  readonly wanted: Uint32Array;
  readonly allowed: AllowedPlan;
}

/** Codecs whose keyframes and references are understood well enough to leave packets out. */
const SPARSE_CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'vp8', 'vp9', 'av1']);
/** Of these, the codecs whose packets tell that nobody refers to them. */
const CODECS_WITH_DISPOSABLE_PICTURES: ReadonlySet<string> = new Set(['h264', 'hevc']);
/** And the codecs whose keyframes need not clear what came before them. */
const CODECS_WITH_OPEN_GROUPS: ReadonlySet<string> = new Set(['h264', 'hevc']);
/** No codec decodes a picture more than its 16 reference pictures too early. */
const LONGEST_REORDERING = 16;
/** Of the pictures that are shown before one decoded earlier (B-pictures), this share is usually referred to by nobody. */
const DISPOSABLE_SHARE = 0.6;
/** Reading packets ourselves costs something too: below this saving it is not worth it. */
const WORTHWHILE_SHARE = 0.95;

/**
 * The cheapest exact plan. Except for whether it is worth it, it depends on the groups of pictures that hold samples alone, so that it is
 * the same where the others are missing.
 */
export function planSampling({
  video,
  packets,
  breaks = new Set(),
  wanted,
  allowed,
}: PlanRequest): SamplingPlan {
  const { codec } = video;
  if (allowed === 'all') return planAll(video, 'nothing else was allowed');
  if (packets === null) return planAll(video, 'its packets cannot be read one by one');
  if (!SPARSE_CODECS.has(codec)) return planAll(video, `every ${codec} picture may need the ones before it`);
  const ranges = rangesFor(video, packets, breaks, withFirstPicture(wanted));
  if (ranges === null) return planAll(video, 'a sample comes before the first keyframe');

  const everything = planAll(video, 'the samples need nearly every picture');
  const fed = costOf(video, packets, ranges);
  const isWorthwhile = fed.cpuMs <= WORTHWHILE_SHARE * everything.estimatedCpuMs;
  if (!isWorthwhile && allowed !== 'sparse') return everything;
  const onlyKeyframes = ranges.every(({ first, last }) => first === last);
  const packetsTotal = packetsInGroups(packets, ranges);
  return {
    kind: onlyKeyframes ? 'keyframes' : 'groups',
    reason: onlyKeyframes
      ? `every sample is one of ${ranges.length} keyframes`
      : `the samples need ${fed.packets} of the ${packetsTotal} packets in their groups of pictures, in ${ranges.length} stretches`,
    ranges,
    packets: fed.packets,
    packetsTotal,
    estimatedCpuMs: fed.cpuMs,
  };
}

/** The positions and the first picture, which a decoder that is fed packets must show to prove itself. */
export function withFirstPicture(wanted: Uint32Array): Uint32Array {
  if (wanted[0] === 0) return wanted;
  const positions = new Uint32Array(wanted.length + 1);
  positions.set(wanted, 1);
  return positions;
}

/** The plan that is always right. */
export function planAll(
  { packets, timeline, codec, width, height }: PlannedVideo,
  reason: string,
): SamplingPlan {
  const bytes = packets?.bytes.reduce((sum, size) => sum + size, 0) ?? 0;
  const packetsTotal = packets?.keys.length ?? timeline.ptsTicks.length;
  return {
    kind: 'all',
    reason,
    ranges: [],
    packets: packetsTotal,
    packetsTotal,
    estimatedCpuMs: decodeCostMs(codec, packetsTotal, width * height, bytes),
  };
}

/**
 * For every wanted picture the packets from the keyframe it can be decoded from up to its own. That keyframe is the last one before it, in
 * decoding order, that is not shown after it: pictures shown before a keyframe but decoded after it may refer beyond it (open groups).
 * @returns ascending, disjoint ranges; null when a picture has no such keyframe
 */
function rangesFor(
  video: PlannedVideo,
  table: PacketTable,
  breaks: ReadonlySet<number>,
  wanted: Uint32Array,
): PacketRange[] | null {
  const starts = startsOf(table, breaks);
  const packetAt = packetsByPosition(table);

  const ranges: PacketRange[] = [];
  for (const position of wanted) {
    const last = packetAt[position] ?? 0;
    const first = starts[last] ?? -1;
    if (first < 0) return null;
    ranges.push({ first, last });
  }
  return mergeRanges(video, table, breaks, ranges);
}

/** For every packet the keyframe it can be decoded from; -1 where there is none, or it may be missing. */
function startsOf({ keys, ranks }: PacketTable, breaks: ReadonlySet<number>): Int32Array {
  const starts = new Int32Array(keys.length);
  let keyframe = -1;
  const previousKeyframe = new Int32Array(keys.length);
  for (let packet = 0; packet < keys.length; packet++) {
    if (keys[packet] === 1) {
      previousKeyframe[packet] = breaks.has(packet) ? -1 : keyframe;
      keyframe = packet;
    }
    let start = keyframe;
    while (start >= 0 && (ranks[start] ?? 0) > (ranks[packet] ?? 0)) start = previousKeyframe[start] ?? -1;
    starts[packet] = start;
  }
  return starts;
}

/** Joins ranges that touch, and those of neighbouring groups between which decoding on is cheaper than a decoder of its own. */
function mergeRanges(
  video: PlannedVideo,
  table: PacketTable,
  breaks: ReadonlySet<number>,
  ranges: PacketRange[],
): PacketRange[] {
  const merged: Array<{ first: number; last: number }> = [];
  for (const { first, last } of ranges.sort((a, b) => a.first - b.first || a.last - b.last)) {
    const previous = merged.at(-1);
    const gap = { first: (previous?.last ?? 0) + 1, last: first - 1 };
    const isNext = !breaks.has(first) && nextKeyframe(table, gap.first) >= first;
    const isCheap = () =>
      needsNewDecoder(video, table, first) && costOf(video, table, [gap]).cpuMs < DECODER_START_MS;
    const goesOn = previous !== undefined && isNext && (gap.last < gap.first || isCheap());
    if (goesOn) previous.last = Math.max(previous.last, last);
    else merged.push({ first, last });
  }
  return merged;
}

/** The first keyframe from a packet on; the number of packets where there is none. */
function nextKeyframe({ keys }: PacketTable, from: number): number {
  const keyframe = keys.indexOf(1, from);
  return keyframe === -1 ? keys.length : keyframe;
}

/** Packets from the beginnings of the ranges to the ends of the groups they end in. */
function packetsInGroups(table: PacketTable, ranges: readonly PacketRange[]): number {
  return ranges.reduce((sum, { first, last }) => sum + nextKeyframe(table, last + 1) - first, 0);
}

/** Whether pictures shown before the keyframe follow it: then it clears nothing of what came before it (an open group of pictures). */
function needsNewDecoder({ codec }: PlannedVideo, { ranks, keys }: PacketTable, keyframe: number): boolean {
  if (!CODECS_WITH_OPEN_GROUPS.has(codec)) return false;
  const rank = ranks[keyframe] ?? 0;
  for (let packet = keyframe + 1; packet <= keyframe + LONGEST_REORDERING && keys[packet] === 0; packet++) {
    if ((ranks[packet] ?? 0) < rank) return true;
  }
  return false;
}

/** Packets and decoding time of the ranges; B-pictures that nobody may refer to are expected to be left out where that can be told. */
function costOf(
  video: PlannedVideo,
  table: PacketTable,
  ranges: readonly PacketRange[],
): { packets: number; cpuMs: number } {
  const { codec, width, height } = video;
  const { ranks, bytes } = table;
  const shareOfBPictures = CODECS_WITH_DISPOSABLE_PICTURES.has(codec) ? 1 - DISPOSABLE_SHARE : 1;
  let packets = 0;
  let pictures = 0;
  let size = 0;
  let decoders = 0;
  for (const [range, { first, last }] of ranges.entries()) {
    packets += last - first + 1;
    if (range > 0 && needsNewDecoder(video, table, first)) decoders++;
    let latestRank = -1;
    for (let packet = first; packet <= last; packet++) {
      const rank = ranks[packet] ?? 0;
      const share = rank < latestRank ? shareOfBPictures : 1;
      latestRank = Math.max(latestRank, rank);
      pictures += share;
      size += share * (bytes[packet] ?? 0);
    }
  }
  const cpuMs = decodeCostMs(codec, pictures, width * height, size) + decoders * DECODER_START_MS;
  return { packets, cpuMs };
}
