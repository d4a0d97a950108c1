/** Chooses who reads the packets of a file: its own index where that tells all, else a demultiplexer. */
import { hasOneDescription } from './mp4-packet-index.ts';
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
  if (packetFile.container !== 'mov') return await openDemuxed(packetFile, signal);
  const indexed = await openMp4PacketSource(packetFile);
  if (indexed !== null || !(await hasOneDescription(packetFile.file))) return indexed;
  return await openDemuxed(packetFile, signal);
}

/** Loaded by the first file that needs it: most need none, and it takes some megabytes of every thread. */
async function openDemuxed(packetFile: PacketFile, signal: AbortSignal): Promise<PacketSource | null> {
  const { openDemuxedPacketSource } = await import('./demuxed-packet-source.ts');
  return await openDemuxedPacketSource(packetFile, signal);
}
