/** Colours as hue, saturation and value, which tell clothes and scenes apart better than red, green and blue do. */

/** Each 0..1; hue runs round the colour circle from red and is 0 for greys. */
export interface HueSaturationValue {
  readonly hue: number;
  readonly saturation: number;
  readonly value: number;
}

/** Converts a colour given as 0..255 a channel. */
export function hueSaturationValue(red: number, green: number, blue: number): HueSaturationValue {
  const value = Math.max(red, green, blue);
  const chroma = value - Math.min(red, green, blue);
  if (chroma === 0) return { hue: 0, saturation: 0, value: value / 255 };
  const sixths =
    value === red
      ? (green - blue) / chroma
      : value === green
        ? 2 + (blue - red) / chroma
        : 4 + (red - green) / chroma;
  return { hue: ((sixths + 6) % 6) / 6, saturation: chroma / value, value: value / 255 };
}
