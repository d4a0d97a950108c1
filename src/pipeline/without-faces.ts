/** Takes the faces out of what was found, for whoever did not ask for them. */
import type { PeopleTracks } from '../tracking/follow-people.ts';
import type { FrameObservations } from '../tracking/observations.ts';

/** What was seen in every frame, and whose it is. */
interface Found {
  readonly observations: Iterable<FrameObservations>;
  /** Parallel to the observations. */
  readonly people: PeopleTracks;
}

/** The bodies, each whose it was; persons of whom a face alone was seen are gone, and the others numbered without gaps. */
export function withoutFaces({ observations, people }: Found): Found {
  return {
    observations: bodiesOnly(observations),
    people: {
      ...people,
      frames: people.frames.map((frame) => ({ ...frame, faceTrackIds: [], interpolatedFaces: [] })),
      // Bodies are numbered as persons are, without gaps and in order of appearance, and nobody has two.
      tracks: people.tracks
        .filter(({ kind }) => kind === 'pose')
        .map((track) => ({ ...track, personId: track.trackId })),
    },
  };
}

function* bodiesOnly(observations: Iterable<FrameObservations>): Generator<FrameObservations, void> {
  for (const observed of observations) yield { ...observed, faces: [] };
}
