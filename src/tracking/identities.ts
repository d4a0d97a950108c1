/** Numbers the persons and their tracks in order of appearance, and says whose every detection is. */
import { type Interpolated, interpolatePerson } from './interpolation.ts';
import type { FaceObservation, ObservedFrames, PoseObservation } from './observations.ts';
import type { Person } from './person-group.ts';
import type { Patience } from './sampling-rate.ts';
import { summarizeTrack, type TrackSummary } from './track-summary.ts';
import type { Tracklet } from './tracklet.ts';

/** Identities of one frame, parallel to its faces and poses. */
export interface FrameTracks {
  /**
   * The joined identity of each face; null for a sighting that never became a track: it was not seen often enough
   * (three times at 7 frames a second and more, once below 3.3), or at just one instant of the whole video with less than
   * `minSingleSightingConfidence`, and no surer body or face of the same person then.
   */
  readonly faceTrackIds: readonly (number | null)[];
  /** The same for the poses. */
  readonly poseTrackIds: readonly (number | null)[];
  /** Faces of missed frames between two sightings, when asked for; else empty. */
  readonly interpolatedFaces: readonly Interpolated<FaceObservation>[];
  readonly interpolatedPoses: readonly Interpolated<PoseObservation>[];
}

/** A person's tracklets of one kind under their number. */
export interface Identity {
  readonly summary: TrackSummary;
  readonly tracklets: readonly Tracklet[];
}

/** One identity for each kind a person was seen as: faces first, each kind numbered from 1 by time, then from left to right. */
export function numberIdentities(persons: readonly Person[], frames: ObservedFrames): Identity[] {
  const places = firstPlaces(
    persons.flatMap(({ tracklets }) => tracklets),
    frames,
  );
  const ranked = inOrderOfAppearance(persons, places);
  return (['face', 'pose'] as const).flatMap((kind) => {
    const ofKind = ranked
      .map(({ tracklets, links }, i) => ({
        personId: i + 1,
        link: links[kind],
        tracklets: tracklets.filter((tracklet) => tracklet.kind === kind),
      }))
      .filter(({ tracklets }) => tracklets.length > 0);
    return inOrderOfAppearance(ofKind, places).map(({ personId, link, tracklets }, i) => ({
      summary: summarizeTrack({ kind, trackId: i + 1, personId, link }, tracklets),
      tracklets,
    }));
  });
}

/**
 * Writes the identities to the frames they were seen in.
 * @param longestGap gaps up to this long are filled; null for none
 */
export function nameSightings(
  identities: readonly Identity[],
  frames: ObservedFrames,
  longestGap: Patience | null,
): FrameTracks[] {
  const named = Array.from(frames, ({ faces, poses }) => ({
    faceTrackIds: faces.map((): number | null => null),
    poseTrackIds: poses.map((): number | null => null),
    interpolatedFaces: [] as Interpolated<FaceObservation>[],
    interpolatedPoses: [] as Interpolated<PoseObservation>[],
  }));
  for (const { summary, tracklets } of identities) {
    const { kind, trackId } = summary;
    for (const { frame, detection } of tracklets.flatMap(({ sightings }) => sightings)) {
      const ids = kind === 'face' ? named[frame]?.faceTrackIds : named[frame]?.poseTrackIds;
      if (ids !== undefined) ids[detection] = trackId;
    }
  }
  if (longestGap === null) return named;
  const filled = new Map(
    [...Map.groupBy(identities, ({ summary }) => summary.personId)].map(([personId, parts]) => {
      const tracklets = parts.flatMap((part) => part.tracklets);
      return [personId, interpolatePerson(tracklets, frames, longestGap)];
    }),
  );
  for (const { summary } of identities) {
    const { kind, trackId, personId } = summary;
    const { faces = [], poses = [] } = filled.get(personId) ?? {};
    for (const { frame, observation } of kind === 'face' ? faces : []) {
      named[frame]?.interpolatedFaces.push({ trackId, observation });
    }
    for (const { frame, observation } of kind === 'pose' ? poses : []) {
      named[frame]?.interpolatedPoses.push({ trackId, observation });
    }
  }
  return named;
}

interface Place {
  readonly frame: number;
  readonly x: number;
  readonly y: number;
}

/** Where each tracklet was first seen. Every frame is read once: from a file, that takes longer than all the rest. */
function firstPlaces(tracklets: readonly Tracklet[], frames: ObservedFrames): Map<Tracklet, Place> {
  const places = new Map<Tracklet, Place>();
  for (const [frame, begun] of Map.groupBy(tracklets, ({ sightings }) => sightings[0]?.frame ?? -1)) {
    const seen = frames.at(frame);
    for (const tracklet of begun) {
      const sighted: readonly (FaceObservation | PoseObservation)[] | undefined =
        tracklet.kind === 'face' ? seen?.faces : seen?.poses;
      const box = sighted?.[tracklet.sightings[0]?.detection ?? -1]?.box;
      if (box !== undefined) places.set(tracklet, { frame, x: box.x, y: box.y });
    }
  }
  return places;
}

function inOrderOfAppearance<Item extends { readonly tracklets: readonly Tracklet[] }>(
  items: readonly Item[],
  places: ReadonlyMap<Tracklet, Place>,
): Item[] {
  return items
    .map((item) => ({ item, place: earliest(item.tracklets.flatMap((one) => places.get(one) ?? [])) }))
    .sort((a, b) => compare(a.place, b.place))
    .map(({ item }) => item);
}

function earliest(places: readonly Place[]): Place {
  return places.toSorted(compare)[0] ?? { frame: Infinity, x: 0, y: 0 };
}

function compare(a: Place, b: Place): number {
  return a.frame - b.frame || a.x - b.x || a.y - b.y;
}
