/** Decodes the pictures of a sampling plan from the packets the plan names, and only those. */
import { isMatroskaCodec } from './matroska-stream.ts';
import { type FeedReport, feedPackets } from './packet-feed.ts';
import type { PacketSource } from './packet-source.ts';
import { packetsByPosition } from './packet-table.ts';
import { ParameterSets } from './parameter-sets.ts';
import { tellsPictureOrder } from './picture-order.ts';
import { type SamplingPlan, withFirstPicture } from './sampling-plan.ts';
import type { VideoInfo } from './video-info.ts';
import { decodeWanted, type WantedPictureDecoder } from './wanted-pictures.ts';

export interface SparseRequest {
  readonly video: VideoInfo;
  readonly source: PacketSource;
  readonly plan: SamplingPlan;
  /** Packets before which others may be missing, of which nothing is known. */
  readonly breaks: ReadonlySet<number>;
  /** Wanted pictures by their position in the timeline, ascending. */
  readonly wanted: Uint32Array;
  /** Called whenever a decoder has got all it gets. */
  readonly onFed: (report: FeedReport) => void;
}

/**
 * Whether a video's packets can be fed: its codec is known, its pictures are turned the same way by both who read it, and shown in the order
 * of the packets' times.
 */
export async function canFeed({ codec, rotationDegrees }: VideoInfo, source: PacketSource): Promise<boolean> {
  const isUpright = !source.isMirrored && source.rotationDegrees === rotationDegrees;
  return isMatroskaCodec(codec) && isUpright && (await tellsPictureOrder(codec, source));
}

/**
 * The pixels of the wanted pictures, one by one. The first picture of the video must have the checksum it had when the file was probed:
 * that proves codec configuration and turn of what is fed.
 * @returns normally, and early, when this way does not work for the file: the caller counts
 */
export async function* decodeSparsely(
  decoder: WantedPictureDecoder,
  request: SparseRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const pictures = decodeRanges(decoder, request, signal);
  // The first picture is the proof; it is delivered only where it is wanted.
  if (request.wanted[0] !== 0) await pictures.next();
  yield* pictures;
}

/** One decoder after the other, each for the ranges that one and the same decoder can take. */
async function* decodeRanges(
  decoder: WantedPictureDecoder,
  { video, source, plan, breaks, wanted, onFed }: SparseRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const packetAt = packetsByPosition(source.table);
  const packets = withFirstPicture(wanted).map((position) => packetAt[position] ?? 0);
  const ticks = packets.map((packet) => source.table.ranks[packet] ?? 0);
  const wantedPackets = new Set(packets);
  const parameterSets = new ParameterSets(source, video.codec, breaks);
  let ranges = plan.ranges;
  let decoded = 0;
  while (decoded < packets.length && ranges.length > 0) {
    const feed = { source, codec: video.codec, ranges, wantedPackets, parameterSets };
    let rangesFed = 0;
    const pictures = decodeWanted(
      decoder,
      {
        input: 'pipe:0',
        wantedTicks: ticks.subarray(decoded),
        rotationDegrees: video.rotationDegrees,
        firstChecksum: decoded === 0 ? video.firstPictureChecksum : null,
        feed: async (stdin) => {
          const report = await feedPackets(feed, stdin);
          rangesFed = report.ranges;
          onFed(report);
        },
      },
      signal,
    );
    const decodedBefore = decoded;
    for await (const picture of pictures) {
      decoded++;
      yield picture;
    }
    if (decoded === decodedBefore) return;
    ranges = ranges.slice(rangesFed);
  }
}
