/** Feeds a decoder the packets of a plan, and nothing else, through its stdin. */
import type { Writable } from 'node:stream';
import { matroskaHeader, matroskaPacketHead } from './matroska-stream.ts';
import type { PacketSource } from './packet-source.ts';
import type { ParameterSets } from './parameter-sets.ts';
import { bitstreamFormat, entryPoint, isDisposable } from './picture-references.ts';
import type { PacketRange } from './sampling-plan.ts';

/** What Linux lets wait in a pipe of Node's, which is a socket (net.core.wmem_default). */
const BATCH_BYTES = 212_992;

export interface FeedRequest {
  readonly source: PacketSource;
  readonly codec: string;
  readonly ranges: readonly PacketRange[];
  /** Packets whose pictures are wanted: never left out, whoever refers to them. */
  readonly wantedPackets: ReadonlySet<number>;
  /** Of the same source; what was fed to decoders before this one has been shown to it. */
  readonly parameterSets: ParameterSets;
}

/** What went through the pipe. */
export interface FeedReport {
  readonly packets: number;
  readonly bytes: number;
  /** How many of the ranges. The next one, if any, needs a decoder that knows nothing of these. */
  readonly ranges: number;
}

/**
 * Writes a Matroska stream whose times are the packets' ranks. Waits when the decoder does; ends, and never rejects, when the decoder
 * closes its end or the file cannot be read on: the pictures that are missing then tell.
 */
export async function feedPackets(request: FeedRequest, stdin: Writable): Promise<FeedReport> {
  const { source, codec } = request;
  // EPIPE, when the decoder is stopped early, is no news.
  stdin.on('error', () => {});
  const report = { packets: 0, bytes: 0, ranges: 0 };
  try {
    await write(stdin, matroskaHeader({ ...source, codec }));
    for await (const { range, packet, data } of neededPackets(request)) {
      if (stdin.destroyed) break;
      report.ranges = range + 1;
      const { ranks, keys } = source.table;
      // Whatever comes in one turn goes in one go: each write may wake the decoder, and each pause this thread.
      stdin.cork();
      process.nextTick(() => stdin.uncork());
      stdin.write(matroskaPacketHead(ranks[packet] ?? 0, keys[packet] === 1, data.length));
      await write(stdin, data);
      report.packets++;
      report.bytes += data.length;
    }
  } catch {
    // A file that changes or fails while it is read ends the stream like one that is shorter.
  }
  stdin.end();
  return report;
}

/**
 * The packets of the ranges without those nobody refers to; a keyframe that is jumped to comes behind the parameter sets it may need. Ends
 * before a range at which a decoder in use cannot begin, and at a keyframe that is none.
 */
async function* neededPackets({ source, codec, ranges, wantedPackets, parameterSets }: FeedRequest) {
  const format = bitstreamFormat(codec, source.configuration);
  for (const [range, { first, last }] of ranges.entries()) {
    for await (const { packet, data } of source.read({ first, last })) {
      const isNamedOnly = !source.table.areKeysSeen && source.table.keys[packet] === 1;
      if (packet > 0 && (packet === first || isNamedOnly)) {
        const entry = entryPoint(data, format);
        if (entry === 'never' || (packet === first && entry === 'new-decoder' && range > 0)) return;
      }
      if (wantedPackets.has(packet) || !isDisposable(data, format)) {
        yield { range, packet, data: packet === first ? await parameterSets.atEntry(packet, data) : data };
      }
      parameterSets.see(packet, data);
    }
  }
}

/** Writes, and waits while more lies before the pipe than it takes at once. */
async function write(stdin: Writable, bytes: Uint8Array): Promise<void> {
  if (stdin.write(bytes) || stdin.writableLength < BATCH_BYTES || stdin.destroyed) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      stdin.off('drain', done).off('close', done);
      resolve();
    };
    stdin.on('drain', done).on('close', done);
  });
}
