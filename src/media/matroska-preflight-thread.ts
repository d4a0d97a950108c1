/** The thread of matroska-preflight: walks all packets and says so. */
import { parentPort, workerData } from 'node:worker_threads';
import { EncodedPacketSink, FilePathSource, Input, MATROSKA, WEBM } from 'mediabunny';
import type { Preflight } from './matroska-preflight.ts';

const { file, maxPackets } = workerData as Preflight;
const input = new Input({ source: new FilePathSource(file), formats: [MATROSKA, WEBM] });
const [track] = await input.getVideoTracks();
if (track !== undefined) {
  const sink = new EncodedPacketSink(track);
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (let count = 0; packet !== null && count <= maxPackets; count++) {
    packet = await sink.getNextPacket(packet, { metadataOnly: true });
  }
}
input.dispose();
parentPort?.postMessage('ended');
