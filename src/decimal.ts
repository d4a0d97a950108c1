/** Numbers as people write them in settings and arguments. `Number` alone would take a blank text for 0 and read hexadecimal. */

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

/** The number a decimal text stands for, spaces around it allowed; NaN for any other text. */
export function decimal(text: string): number {
  const digits = text.trim();
  return DECIMAL.test(digits) ? Number(digits) : Number.NaN;
}
