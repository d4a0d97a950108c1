/** Chooses who reads the packets of a file: its own index where that tells all, else a demultiplexer. */
import { openDemuxedPacketSource } from './demuxed-packet-source.ts';
import { openMp4PacketSource } from './mp4-packet-source.ts';
import type { PacketFile, PacketSource } from './packet-source.ts';

/**
 * Opens the file and compares its packets one by one with the table: two readers that agree on number and size of all packets speak of
 * the same packets.
 * @returns null when the two disagree, or nobody understands the file: decoding everything is always right
 */
export async function openPacketSource(
  packetFile: PacketFile,
  signal: AbortSignal,
): Promise<PacketSource | null> {
  const indexed = packetFile.container === 'mov' ? await openMp4PacketSource(packetFile) : null;
  return indexed ?? (await openDemuxedPacketSource(packetFile, signal));
}
