/** When each picture of a video is shown, in the exact ticks of its container. */

import { NumberColumn } from './number-column.ts';

/** Seconds per tick, as a fraction. */
export interface TimeBase {
  readonly numerator: number;
  readonly denominator: number;
}

/** The pictures of one video stream in the order they are shown. */
export interface Timeline {
  readonly timeBase: TimeBase;
  /** Presentation time of every picture in ticks, strictly ascending, at least one. The first need not be 0. */
  readonly ptsTicks: Float64Array;
  /** When the last picture ends, in ticks. */
  readonly endTicks: number;
}

/** A picture's time and how long it is shown, in ticks. */
export interface Presentation {
  readonly ptsTicks: number;
  /** 0 when the container does not say. */
  readonly durationTicks: number;
}

/**
 * The timeline of pictures given in any order. Pictures before `firstTicks` are left out (a decoder cannot show them), and so are
 * repetitions of a time (the two fields of one picture).
 * @param frameTicks length of a picture at the nominal frame rate, for a last picture whose length the container does not say
 * @returns null when no picture is left
 */
export function timelineOf(
  presentations: Iterable<Presentation>,
  timeBase: TimeBase,
  firstTicks: number,
  frameTicks: number,
): Timeline | null {
  const times = new NumberColumn();
  let last: Presentation = { ptsTicks: Number.NEGATIVE_INFINITY, durationTicks: 0 };
  for (const presentation of presentations) {
    if (presentation.ptsTicks < firstTicks) continue;
    times.push(presentation.ptsTicks);
    if (presentation.ptsTicks >= last.ptsTicks) last = presentation;
  }
  if (times.length === 0) return null;
  const ascending = times.done().sort();
  const ptsTicks = ascending.filter((pts, position) => pts !== ascending[position - 1]);
  return { timeBase, ptsTicks, endTicks: last.ptsTicks + (last.durationTicks || frameTicks) };
}

/** Milliseconds, to the microsecond, from the first picture of the timeline to the given tick. */
export function millisecondsAt(timeline: Timeline, ticks: number): number {
  const { timeBase, ptsTicks } = timeline;
  const microseconds = ((ticks - (ptsTicks[0] ?? 0)) * timeBase.numerator * 1e6) / timeBase.denominator;
  return Math.round(microseconds) / 1000;
}

/** Ticks in a second. */
export function ticksPerSecond({ numerator, denominator }: TimeBase): number {
  return denominator / numerator;
}
