/** One row for each joined identity: when and in which shots it was seen, and how sure it is that it is one person. */

import type { Link } from './person-group.ts';
import type { Kind, Tracklet } from './tracklet.ts';

/** The sightings of one identity within one shot. */
export interface TrackSegment {
  readonly shot: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly observations: number;
}

/** One joined identity of one kind. A person with a face and a body has two rows with one `personId`. */
export interface TrackSummary {
  readonly kind: Kind;
  /** Dense from 1 in order of appearance, per kind. */
  readonly trackId: number;
  /** Dense from 1 in order of appearance. */
  readonly personId: number;
  readonly link: Link;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Detections; interpolated ones do not count. */
  readonly observations: number;
  /** Mean of the detector's confidences, 0..1. */
  readonly meanConfidence: number;
  /** In order of time. */
  readonly segments: readonly TrackSegment[];
}

/** @param tracklets of one kind and one person, at least one */
export function summarizeTrack(
  { kind, trackId, personId, link }: Pick<TrackSummary, 'kind' | 'trackId' | 'personId' | 'link'>,
  tracklets: readonly Tracklet[],
): TrackSummary {
  const sightings = tracklets.flatMap((tracklet) => tracklet.sightings);
  const segments = [...Map.groupBy(tracklets, ({ shot }) => shot)]
    .sort(([a], [b]) => a - b)
    .map(([shot, parts]) => ({ shot, ...span(parts.flatMap((part) => part.sightings)) }));
  const confidences = sightings.reduce((sum, { confidence }) => sum + confidence, 0);
  return {
    kind,
    trackId,
    personId,
    link,
    ...span(sightings),
    meanConfidence: confidences / sightings.length,
    segments,
  };
}

function span(sightings: readonly { readonly timeMs: number }[]) {
  let firstMs = Infinity;
  let lastMs = -Infinity;
  for (const { timeMs } of sightings) {
    firstMs = Math.min(firstMs, timeMs);
    lastMs = Math.max(lastMs, timeMs);
  }
  return { firstMs, lastMs, observations: sightings.length };
}
