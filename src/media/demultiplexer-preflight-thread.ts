/** The thread of demultiplexer-preflight: walks all packets and says so. */
import { parentPort, workerData } from 'node:worker_threads';
import { EncodedPacketSink, FilePathSource } from 'mediabunny';
import { demultiplex } from './demultiplexer.ts';

/** What this thread is given, and what it answers when the walk ends: nothing more, the walk itself is the test. */
export interface Preflight {
  /** Absolute path. */
  readonly file: string;
  /** Longer lists are not walked to their end. */
  readonly maxPackets: number;
}

const { file, maxPackets } = workerData as Preflight;
const input = demultiplex(new FilePathSource(file));
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
