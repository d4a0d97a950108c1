/**
 * The program of demultiplexer-preflight: walks all packets of a file. Arguments: the file, and the number of packets after which a longer
 * list is not walked to its end. That it ends well is the answer.
 */
import { EncodedPacketSink, FilePathSource } from 'mediabunny';
import { demultiplex } from './demultiplexer.ts';

const [file = '', maxPackets = ''] = process.argv.slice(2);
const input = demultiplex(new FilePathSource(file));
const [track] = await input.getVideoTracks();
if (track !== undefined) {
  const sink = new EncodedPacketSink(track);
  let packet = await sink.getFirstPacket({ metadataOnly: true });
  for (let count = 0; packet !== null && count <= Number(maxPackets); count++) {
    packet = await sink.getNextPacket(packet, { metadataOnly: true });
  }
}
input.dispose();
