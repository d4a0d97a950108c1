/** A person in the making: tracklets that are held for one person so far, and how sure that is. */

import type { Look } from './appearance-gallery.ts';
import { evenlySpread } from './evenly-spread.ts';
import type { Kind, Tracklet } from './tracklet.ts';

/** Why tracklets of one kind are held for one person; `continuous` when nothing but their place in one shot was needed. */
export type LinkReason = 'continuous' | 'face-appearance' | 'torso-appearance' | 'face-and-body';

export interface Link {
  /** Probability of the weakest join or, within a tracklet, association, 0..1. */
  readonly confidence: number;
  /** Reason of the weakest join. */
  readonly reason: LinkReason;
}

/** All that is known of one person: at most one face and one body in any frame. */
export interface Person {
  readonly tracklets: readonly Tracklet[];
  /** How sure it is that the tracklets of each kind are one person's. */
  readonly links: Readonly<Record<Kind, Link>>;
}

const KINDS = ['face', 'pose'] as const satisfies Kind[];

/** Looks of each kind that are compared, spread evenly over a group: enough to know somebody from all sides. */
const EXEMPLARS = 12;

/** A face turned further aside is no sign of who somebody is. */
const LEAST_FACE_WORTH = 0.5;

const UNQUESTIONED: Link = { confidence: 1, reason: 'continuous' };

export class PersonGroup implements Person {
  tracklets: readonly Tracklet[];
  readonly links: Record<Kind, Link>;
  readonly #frames: Readonly<Record<Kind, Set<number>>>;

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

  /** Whether both are seen in one frame, and so cannot be one person. */
  excludes(other: PersonGroup | undefined): boolean {
    return other !== undefined && KINDS.some((kind) => overlap(this.#frames[kind], other.#frames[kind]));
  }

  absorb(other: PersonGroup, link: Link): void {
    for (const kind of KINDS) {
      const joins = this.#frames[kind].size > 0 && other.#frames[kind].size > 0;
      this.links[kind] = weakest([this.links[kind], other.links[kind], ...(joins ? [link] : [])]);
      for (const frame of other.#frames[kind]) this.#frames[kind].add(frame);
    }
    this.tracklets = [...this.tracklets, ...other.tracklets];
  }

  /** Appearance of the faces, where they can be known, or of the torsos; at most `EXEMPLARS` vectors. */
  exemplars(kind: Kind): Look[] {
    const looks = this.tracklets
      .filter((tracklet) => tracklet.kind === kind)
      .flatMap((tracklet) => tracklet.looks)
      .filter(({ worth }) => kind === 'pose' || worth >= LEAST_FACE_WORTH);
    return evenlySpread(looks, EXEMPLARS);
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

function overlap(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [fewer, more] = a.size < b.size ? [a, b] : [b, a];
  for (const frame of fewer) if (more.has(frame)) return true;
  return false;
}
