/**
 * Joins the tracklets of all shots into persons, shot by shot.
 *
 * What cannot be told while a shot runs can be told now. Broken tracklets are mended; a face at the head of a body is its own. Beyond that, two
 * groups of tracklets are one person when the evidence of their faces and of their clothes together says so, the surest
 * pair first, and never when both are seen in one frame, two faces, two bodies, or a face here and a body there. Clothes that
 * two people are seen in at once say nothing.
 */
import { agglomerate } from './agglomeration.ts';
import { probabilityOf } from './association-likelihood.ts';
import { EvidenceMatrix } from './evidence-matrix.ts';
import { type FaceBodyVotes, linkFacesToBodies } from './face-body-linking.ts';
import type { Look } from './look.ts';
import type { LookSource } from './observed-looks.ts';
import { type Link, type Person, PersonGroup } from './person-group.ts';
import { sharedLikeness } from './shared-clothes.ts';
import type { Kind, Tracklet } from './tracklet.ts';
import type { Stitch } from './tracklet-stitching.ts';

export interface JoiningOptions {
  /** Cosine distance at which looks are undecided, by kind: faces, and the torsos of poses. */
  readonly maxDistance: Readonly<Record<Kind, number>>;
}

/** The most that faces and clothes can say, in nats. Clothes say less: uniforms and dark suits are many, light changes with the shot. */
const MOST_FACE_EVIDENCE = 5;
const MOST_TORSO_EVIDENCE = 3;

/** Clothes alone must be this sure, in nats, after what their likeness is worth: black and grey never are. */
const LEAST_TORSO_EVIDENCE = 1;
/** Faces less alike than by so much leave it open. */
const LEAST_FACE_EVIDENCE = 0.5;

/** Groups compared at a time. A longer video is joined piece by piece, so that time and memory grow with its length only. */
const MOST_COMPARED = 600;

/** What is known before any looks are pooled. */
export interface TrackletLinks {
  readonly stitches: readonly Stitch[];
  readonly faceBodyVotes: readonly FaceBodyVotes[];
}

/**
 * Joins the tracklets of one shot after the other, in order of time. Every tracklet is in exactly one person. What is known of the
 * frames of each person is let go with the last comparison: that of a day's shots would fill the memory.
 */
export class TrackletJoining {
  readonly #looks: LookSource;
  readonly #options: JoiningOptions;
  readonly #closed: Person[] = [];
  #open: PersonGroup[] = [];
  #waiting: PersonGroup[] = [];

  constructor(looks: LookSource, options: JoiningOptions) {
    this.#looks = looks;
    this.#options = options;
  }

  /** Takes in what was found in the next shot or shots. */
  add(tracklets: readonly Tracklet[], known: TrackletLinks): void {
    for (const group of joinLinked(tracklets, known)) this.#waiting.push(group);
    while (this.#waiting.length >= MOST_COMPARED) this.#compare();
  }

  /** The persons of all that was added. */
  finish(): Person[] {
    while (this.#waiting.length > 0) this.#compare();
    return [...this.#closed, ...this.#open];
  }

  /** Compares the next of those that wait with one another and with those who were seen most before. */
  #compare(): void {
    if (this.#open.length > MOST_COMPARED / 2) {
      // Whoever was seen least is least likely to be met again.
      this.#open.sort((a, b) => b.sightings - a.sightings);
      const closed = this.#open.splice(MOST_COMPARED / 2);
      this.#closed.push(...closed.map(({ tracklets, links }) => ({ tracklets, links })));
    }
    this.#open.push(...this.#waiting.splice(0, MOST_COMPARED - this.#open.length));
    this.#open = joinByEvidence(this.#open, this.#looks, this.#options);
  }
}

/** Within a shot, by place: what goes on where another ended, and a face where the head of its body is. */
function joinLinked(
  tracklets: readonly Tracklet[],
  { stitches, faceBodyVotes }: TrackletLinks,
): PersonGroup[] {
  const groupOf = new Map(tracklets.map((tracklet) => [tracklet, new PersonGroup(tracklet)]));
  for (const { face, pose, ...votes } of faceBodyVotes) {
    groupOf.get(face)?.hear(pose, votes);
    groupOf.get(pose)?.hear(face, votes);
  }
  const join = (one: Tracklet, other: Tracklet, link: Link): void => {
    const [a, b] = [groupOf.get(one), groupOf.get(other)];
    if (a === undefined || b === undefined || a === b || a.excludes(b)) return;
    a.absorb(b, link);
    for (const tracklet of b.tracklets) groupOf.set(tracklet, a);
  };
  for (const { before, after, confidence } of stitches) {
    join(before, after, { confidence, reason: 'continuous' });
  }
  for (const { face, pose, confidence } of linkFacesToBodies(faceBodyVotes)) {
    join(face, pose, { confidence, reason: 'face-and-body' });
  }
  return [...new Set(groupOf.values())];
}

/** The surest pair becomes one group until no pair is likelier one person than two. */
function joinByEvidence(
  groups: readonly PersonGroup[],
  source: LookSource,
  options: JoiningOptions,
): PersonGroup[] {
  const looks = exemplaryLooks(groups, source);
  const faces = new EvidenceMatrix(
    looks.face,
    (distance) => MOST_FACE_EVIDENCE * clamped(1 - distance / options.maxDistance.face),
  );
  const torsos = new EvidenceMatrix(
    looks.pose,
    (distance) => MOST_TORSO_EVIDENCE * clamped(1 - distance / options.maxDistance.pose),
  );
  const excludes = (a: number, b: number) => groups[a]?.excludes(groups[b]) ?? false;
  const likeness = (a: number, b: number) => worthwhile(torsos.between(a, b), torsos.worthBetween(a, b));
  const shared = sharedLikeness(groups.length, likeness, excludes);
  const sharedOf = (a: number, b: number) => Math.max(shared[a] ?? 0, shared[b] ?? 0);
  const clothes = (a: number, b: number) => beyond(likeness(a, b), sharedOf(a, b));
  const absorbed = new Set<PersonGroup>();
  agglomerate(
    groups.length,
    (a, b) => {
      const evidence = combined(faces.between(a, b), clothes(a, b));
      return evidence > 0 && excludes(a, b) ? -Infinity : evidence;
    },
    ({ a, b, evidence }) => {
      const [into, from] = [groups[a], groups[b]];
      if (into === undefined || from === undefined) return;
      const face = faces.between(a, b);
      const isByTorso = Number.isNaN(face) || clothes(a, b) > face;
      into.absorb(from, {
        confidence: probabilityOf(evidence),
        reason: isByTorso ? 'torso-appearance' : 'face-appearance',
      });
      absorbed.add(from);
      faces.merge(a, b);
      torsos.merge(a, b);
      shared[a] = sharedOf(a, b);
    },
  );
  return groups.filter((group) => !absorbed.has(group));
}

/** The looks by which each group is known, by kind. */
function exemplaryLooks(groups: readonly PersonGroup[], source: LookSource): Record<Kind, Look[][]> {
  const exemplars = {
    face: groups.map((group) => group.exemplars('face')),
    pose: groups.map((group) => group.exemplars('pose')),
  };
  const looks = source({ face: exemplars.face.flat(), pose: exemplars.pose.flat() });
  const looksOf = (kind: Kind) =>
    exemplars[kind].map((ofGroup) => ofGroup.flatMap((sighting) => looks.get(sighting) ?? []));
  return { face: looksOf('face'), pose: looksOf('pose') };
}

/**
 * Evidence of faces and clothes, either of which may be unknown (NaN). Where faces leave it open, as those in profile or from behind do,
 * clothes must suffice alone, as where none was seen.
 */
function combined(face: number, clothes: number): number {
  const isOpen = Number.isNaN(face) || (face >= 0 && face < LEAST_FACE_EVIDENCE && !Number.isNaN(clothes));
  if (isOpen) return clothes >= LEAST_TORSO_EVIDENCE ? clothes : -Infinity;
  return Number.isNaN(clothes) ? face : face + clothes;
}

/** Evidence for one person counts by its worth, 0..1; evidence against, and none (NaN), stays as it is. */
function worthwhile(evidence: number, worth: number): number {
  return evidence > 0 ? evidence * worth : evidence;
}

/** What evidence for one person is left when so much of it is had of two people; evidence against, and none (NaN), stays as it is. */
function beyond(evidence: number, ofTwoPeople: number): number {
  return evidence > 0 ? Math.max(0, evidence - ofTwoPeople) : evidence;
}

function clamped(value: number): number {
  return Math.min(1, Math.max(-1, value));
}
