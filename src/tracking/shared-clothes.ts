/** Clothes by which nobody is known: two people who are seen together wear them, a team its shirts, guests of a wedding their suits. */

/**
 * How alike two people are who wear clothes like each group's at one time: likeness up to there is no sign of one person. Nobody
 * needs to have been seen beside his like himself: a team's shirt is known from the pictures that show several of it.
 * @param likeness of the clothes of two groups, in nats; NaN where it is unknown
 * @param areTwoPeople whether two groups are two people for certain
 * @returns nats by group, at least 0
 */
export function sharedLikeness(
  count: number,
  likeness: (a: number, b: number) => number,
  areTwoPeople: (a: number, b: number) => boolean,
): Float64Array {
  const besides = new Float64Array(count);
  for (let a = 0; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const alike = likeness(a, b);
      const [most, other] = [besides[a] as number, besides[b] as number];
      if (!(alike > Math.min(most, other) && areTwoPeople(a, b))) continue;
      besides[a] = Math.max(most, alike);
      besides[b] = Math.max(other, alike);
    }
  }
  return besides.map((own, a) => {
    let most = own;
    for (let b = 0; b < count; b++) {
      const through = Math.min(likeness(a, b), besides[b] as number);
      if (through > most) most = through;
    }
    return most;
  });
}
