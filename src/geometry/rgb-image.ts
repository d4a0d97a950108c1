/** The picture type that media hands to vision: raw pixels, so that neither room needs to know the other. */

/** `width * height * 3` bytes, rows top to bottom, pixels left to right, channels R, G, B, each 0..255; square pixels, upright. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}
