/** Appearance vectors of people who do not exist, for benches of the tracker. */

/** A direction that a person's looks have, of so many numbers. */
export function randomDirection(length: number, random: () => number): number[] {
  return Array.from({ length }, () => random() - 0.5);
}

/**
 * Somebody's looks, a little different each time; of unit length.
 * @param noise how far each number may be from that of the direction, twice over
 */
export function looksLike(direction: readonly number[], noise: number, random: () => number): Float32Array {
  const vector = Float32Array.from(direction, (value) => value + noise * (random() - 0.5));
  let squares = 0;
  for (const value of vector) squares += value ** 2;
  const length = Math.sqrt(squares);
  return vector.map((value) => value / length);
}
