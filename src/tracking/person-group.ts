/** A person in the making: tracklets that are held for one person so far, and how sure that is. */

import { evenlySpread } from './evenly-spread.ts';
import type { FaceBodyVotes } from './face-body-linking.ts';
import { KINDS, type Kind, type Tracklet, type TrackletSighting } from './tracklet.ts';

/** Why tracklets of one kind are held for one person; `continuous` when nothing but their place in one shot was needed. */
export type LinkReason = 'continuous' | 'face-appearance' | 'torso-appearance' | 'face-and-body';

export interface Link {
  /** Probability of the weakest join or, within a tracklet, association, 0..1. */
  readonly confidence: number;
  /** Reason of the weakest join. */
  readonly reason: LinkReason;
}

/** All that is known of one person: at most one face and one body in any frame, mostly the one at the head of the other. */
export interface Person {
  readonly tracklets: readonly Tracklet[];
  /** How sure it is that the tracklets of each kind are one person's. */
  readonly links: Readonly<Record<Kind, Link>>;
}

/** Looks of each kind that are compared, spread evenly over a group: enough to know somebody from all sides. */
const EXEMPLARS = 12;

const UNQUESTIONED: Link = { confidence: 1, reason: 'continuous' };

/** Frames that show a face and a body, and those of them in which the face was at the body's head. */
type Votes = Pick<FaceBodyVotes, 'agreements' | 'together'>;

const NO_VOTES: Votes = { agreements: 0, together: 0 };

export class PersonGroup implements Person {
  tracklets: readonly Tracklet[];
  readonly links: Record<Kind, Link>;
  readonly #frames: Readonly<Record<Kind, Set<number>>>;
  /** By the tracklet of the other kind, a member's or not. */
  readonly #votes = new Map<Tracklet, Votes>();

  constructor(tracklet: Tracklet) {
    this.tracklets = [tracklet];
    this.links = { face: UNQUESTIONED, pose: UNQUESTIONED };
    this.links[tracklet.kind] = { confidence: tracklet.confidence, reason: 'continuous' };
    this.#frames = { face: new Set(), pose: new Set() };
    for (const { frame } of tracklet.sightings) this.#frames[tracklet.kind].add(frame);
  }

  get sightings(): number {
    return this.#frames.face.size + this.#frames.pose.size;
  }

  /** What was seen of a tracklet of this group and one of the other kind, of this group or any. */
  hear(other: Tracklet, { agreements, together }: Votes): void {
    const before = this.#votes.get(other) ?? NO_VOTES;
    this.#votes.set(other, sum([before, { agreements, together }]));
  }

  /**
   * Whether both are seen in one frame, and so cannot be one person: two faces, two bodies, or, in most of the frames that show
   * both, the face of one away from the head of the other.
   */
  excludes(other: PersonGroup | undefined): boolean {
    if (other === undefined) return false;
    if (KINDS.some((kind) => overlap(this.#frames[kind], other.#frames[kind]))) return true;
    // Who has heard of a tracklet is heard of by it, too.
    const [fewer, more] = this.tracklets.length < other.tracklets.length ? [this, other] : [other, this];
    const { agreements, together } = sum(fewer.tracklets.map((one) => more.#votes.get(one) ?? NO_VOTES));
    return agreements * 2 < together;
  }

  absorb(other: PersonGroup, link: Link): void {
    for (const kind of KINDS) {
      const joins = this.#frames[kind].size > 0 && other.#frames[kind].size > 0;
      this.links[kind] = weakest([this.links[kind], other.links[kind], ...(joins ? [link] : [])]);
      for (const frame of other.#frames[kind]) this.#frames[kind].add(frame);
    }
    for (const [tracklet, votes] of other.#votes) this.hear(tracklet, votes);
    this.tracklets = [...this.tracklets, ...other.tracklets];
  }

  /** By whose looks the group is known, of faces or of torsos; at most `EXEMPLARS` sightings. */
  exemplars(kind: Kind): TrackletSighting[] {
    const ofKind = this.tracklets.filter((tracklet) => tracklet.kind === kind);
    return evenlySpread(
      ofKind.flatMap(({ recognizable }) => recognizable),
      EXEMPLARS,
    );
  }
}

/** A chain holds as its weakest link does; the reason is that of the weakest join, if anything was joined. */
function weakest(links: readonly Link[]): Link {
  const [least = UNQUESTIONED] = links.toSorted((a, b) => a.confidence - b.confidence);
  const [leastJoin = least] = links
    .filter(({ reason }) => reason !== 'continuous')
    .toSorted((a, b) => a.confidence - b.confidence);
  return { confidence: least.confidence, reason: leastJoin.reason };
}

function sum(votes: readonly Votes[]): Votes {
  return votes.reduce(
    (all, { agreements, together }) => ({
      agreements: all.agreements + agreements,
      together: all.together + together,
    }),
    NO_VOTES,
  );
}

function overlap(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [fewer, more] = a.size < b.size ? [a, b] : [b, a];
  for (const frame of fewer) if (more.has(frame)) return true;
  return false;
}
