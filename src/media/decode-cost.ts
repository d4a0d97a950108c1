/** What decoding costs: the model by which a sampling plan is chosen. Its constants are measured by `npm run bench -- calibrate`. */

/** CPU time of one ffmpeg decoding on one thread. */
export interface DecodeCost {
  /** Per million pixels of a picture. */
  readonly megapixelMs: number;
  /** Per million bytes of a packet. */
  readonly megabyteMs: number;
}

/** What the command printed of its drawn videos, on one core of the project's kind of machine with ffmpeg 5.1; what counts is how they compare. */
const DECODE_COSTS: Readonly<Record<string, DecodeCost>> = {
  h264: { megapixelMs: 1.49, megabyteMs: 63 },
  hevc: { megapixelMs: 1.36, megabyteMs: 100 },
  vp8: { megapixelMs: 0.5, megabyteMs: 69 },
  vp9: { megapixelMs: 1.13, megabyteMs: 72 },
  av1: { megapixelMs: 0.74, megabyteMs: 83 },
};

/** CPU time until a new ffmpeg decodes its first packet. */
export const DECODER_START_MS = 60;

/** For codecs that were not measured. */
const UNKNOWN_CODEC: DecodeCost = { megapixelMs: 1.5, megabyteMs: 100 };

/** CPU milliseconds to decode pictures of `pixels` pixels each out of packets of `bytes` bytes in total. */
export function decodeCostMs(codec: string, pictures: number, pixels: number, bytes: number): number {
  const { megapixelMs, megabyteMs } = DECODE_COSTS[codec] ?? UNKNOWN_CODEC;
  return (pictures * pixels * megapixelMs + bytes * megabyteMs) / 1e6;
}
