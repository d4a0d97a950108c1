/** What decoding costs: the model by which a sampling plan is chosen. Its constants are measured by `npm run bench -- calibrate`. */

/** CPU time of one ffmpeg decoding on one thread. */
interface DecodeCost {
  /** Per million pixels of a picture. */
  readonly megapixelMs: number;
  /** Per million bytes of a packet. */
  readonly megabyteMs: number;
}

/** Measured on one core of the project's kind of machine with ffmpeg 5.1; what counts is how they compare. */
const DECODE_COSTS: Readonly<Record<string, DecodeCost>> = {
  h264: { megapixelMs: 1.3, megabyteMs: 90 },
  hevc: { megapixelMs: 1.1, megabyteMs: 330 },
  vp8: { megapixelMs: 0.5, megabyteMs: 50 },
  vp9: { megapixelMs: 1.5, megabyteMs: 90 },
  av1: { megapixelMs: 1.2, megabyteMs: 100 },
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
