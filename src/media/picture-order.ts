/** Finds out whether the packets' times tell in which order their pictures are shown. */
import type { PacketSource } from './packet-source.ts';
import { type BitstreamFormat, bitstreamFormat, isBPicture } from './picture-references.ts';

/** Where an encoder uses B-pictures, some are among so many; they are in the opening that is always fetched. */
const PICTURES_LOOKED_AT = 32;

/**
 * Some writers give H.264 pictures the times they are decoded at: then none seems to be shown before one decoded earlier, though B-pictures
 * are. What time ffmpeg makes of that only decoding all of it tells.
 */
export async function tellsPictureOrder(codec: string, source: PacketSource): Promise<boolean> {
  const { ranks } = source.table;
  const first = source.namedKeys.indexOf(1);
  if (codec !== 'h264' || first === -1 || ranks.some((rank, packet) => rank !== packet)) return true;
  const last = Math.min(first + PICTURES_LOOKED_AT, ranks.length) - 1;
  return !(await hasBPictures(source, bitstreamFormat(codec, source.configuration), first, last));
}

async function hasBPictures(source: PacketSource, format: BitstreamFormat, first: number, last: number) {
  try {
    for await (const { data } of source.read({ first, last })) if (isBPicture(data, format)) return true;
  } catch {
    // What was not fetched, or cannot be read, is missed where it is needed.
  }
  return false;
}
