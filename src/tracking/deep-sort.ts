/**
 * The tracker: DeepSORT (arXiv 1703.07402) at 7 frames a second and more, time-aware below.
 *
 * The published algorithm counts in frames and compares boxes by overlap. At half a frame a second a walker is several
 * boxes further on, nothing overlaps, and three sightings in a row take six seconds. So each track carries two
 * estimates of its motion: the published one (a Kalman filter on cx, cy, aspect and height, velocity per frame) and one
 * in seconds and in heights of its own box, whose velocity fades within seconds. A frame is associated in stages, each
 * with what the one before left over: whom an anchor names; the matching cascade on looks; overlap for the fresh tracks;
 * and one assignment on a log-likelihood ratio of place, size, looks and time lost.
 *
 * The interval between frames moves the weight from the cascade and the overlap to the likelihood. While its share w
 * goes from 0 (at 7 frames a second) to 1 (at 4), the published gates close to 1 - w of their width and the likelihood
 * asks for -ln w nats instead of infinitely many. (Where no detection has looks, w is 1 at every rate: follow-shot.ts.) At w = 0 no pair passes the likelihood and the tracker is the published
 * one, number for number; at w = 1 no pair passes the published gates; between, the surest pairs are made as published
 * and the rest by likelihood. Where a frame comes late, the filter takes as many steps and the tracks grow as many frames
 * older as there would have been frames.
 *
 * What the published algorithm cannot follow at its own rates, since it moves too far to overlap, is no track of it: of a
 * video's people it is followed by likelihood afterwards (follow-shot.ts), so that nobody is lost at any rate.
 */
import { type AssociationOptions, associate } from './association.ts';
import type { Detection } from './detection.ts';
import { Track, type TrackRules } from './track.ts';

export interface DeepSortOptions extends TrackRules, AssociationOptions {}

export class DeepSort {
  readonly #options: DeepSortOptions;
  readonly #ended: Track[] = [];
  #live: Track[] = [];
  #frames = 0;
  #nextId = 1;

  constructor(options: DeepSortOptions) {
    this.#options = options;
  }

  /** Tentative and confirmed tracks after the latest frame. */
  get live(): readonly Track[] {
    return this.#live;
  }

  /** Every track that was ever confirmed. */
  get confirmed(): readonly Track[] {
    return [...this.#ended, ...this.#live.filter(({ state }) => state === 'confirmed')];
  }

  /** Takes in the next frame. Times must ascend. */
  update(timeMs: number, detections: readonly Detection[]): void {
    const frame = this.#frames++;
    for (const track of this.#live) {
      const wasConfirmed = track.state === 'confirmed';
      track.predict(timeMs);
      if (wasConfirmed && track.state === 'deleted') this.#ended.push(track);
    }
    const tracks = this.#live.filter(({ state }) => state !== 'deleted');

    const unmatched = new Map(detections.entries());
    for (const association of associate({ timeMs, tracks, detections }, this.#options)) {
      const [track, detection] = [tracks[association.track], detections[association.detection]];
      if (track === undefined || detection === undefined) continue;
      track.update({ frame, timeMs, detection }, association.confidence);
      unmatched.delete(association.detection);
    }
    for (const track of tracks) {
      if (track.timeSinceUpdate === 0) continue;
      const wasConfirmed = track.state === 'confirmed';
      track.markMissed();
      if (wasConfirmed && track.state === 'deleted') this.#ended.push(track);
    }
    const births = [...unmatched.values()].map(
      (detection) => new Track(this.#nextId++, { frame, timeMs, detection }, this.#options),
    );
    this.#live = [...tracks.filter(({ state }) => state !== 'deleted'), ...births];
  }
}
