/** Turns a clip without encoding it again, as phones do. */
import { readFileSync, writeFileSync } from 'node:fs';

/** Writes a display matrix (ISO/IEC 14496-12, 8.3.2) of so many clockwise quarter turns into the only track of an MP4 or QuickTime file. */
export function turnClip(file: string, clockwiseTurns: number): void {
  const bytes = readFileSync(file);
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  const one = 0x0001_0000;
  const cosine = Math.round(one * Math.cos((clockwiseTurns * Math.PI) / 2));
  const sine = Math.round(one * Math.sin((clockwiseTurns * Math.PI) / 2));
  bytes.writeInt32BE(cosine, matrix);
  bytes.writeInt32BE(sine, matrix + 4);
  bytes.writeInt32BE(-sine, matrix + 12);
  bytes.writeInt32BE(cosine, matrix + 16);
  writeFileSync(file, bytes);
}
