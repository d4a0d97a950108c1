/** After the last frame: joins the tracklets of all shots into persons, by the body, then by the face, then by the clothes. */
import { cosineDistance, type Look } from './appearance-gallery.ts';
import type { FaceBodyLink } from './face-body-linking.ts';
import type { Kind, Tracklet } from './tracklet.ts';

/** Why tracklets of one kind are held for one person; `continuous` when there was only one to begin with. */
export type LinkReason = 'continuous' | 'face-appearance' | 'torso-appearance' | 'face-and-body';

export interface Link {
  /** Probability of the weakest join, 0..1. */
  readonly confidence: number;
  /** Reason of the weakest join. */
  readonly reason: LinkReason;
}

/** All that is known of one person: at most one face and one body in any frame. */
export interface Person {
  readonly tracklets: readonly Tracklet[];
  /** How sure it is that the tracklets of each kind are one person. */
  readonly links: Readonly<Record<Kind, Link>>;
}

export interface JoiningOptions {
  /** Mean cosine distance up to which face tracklets are one person's. */
  readonly maxFaceDistance: number;
  /** The same for torsos. */
  readonly maxTorsoDistance: number;
}

/** The looks of a tracklet that are compared, spread evenly over it: enough to know it from all its sides. */
const EXEMPLARS = 16;

/** Two tracklets are as like as the closest quarter of their looks: people turn, and a profile resembles no frontal view. */
const CLOSEST_SHARE = 0.25;

const CONTINUOUS: Link = { confidence: 1, reason: 'continuous' };

/** A person in the making. */
class Group {
  tracklets: Tracklet[];
  readonly frames: Record<Kind, Set<number>>;
  readonly links: Record<Kind, Link>;

  constructor(tracklet: Tracklet) {
    this.tracklets = [tracklet];
    const seen = new Set(tracklet.sightings.map(({ frame }) => frame));
    const none = new Set<number>();
    this.frames = tracklet.kind === 'face' ? { face: seen, pose: none } : { face: none, pose: seen };
    const own: Link = { confidence: tracklet.confidence, reason: 'continuous' };
    this.links = tracklet.kind === 'face' ? { face: own, pose: CONTINUOUS } : { face: CONTINUOUS, pose: own };
  }

  /** Whether both are seen in one frame, and so cannot be one person. */
  excludes(other: Group): boolean {
    return overlap(this.frames.face, other.frames.face) || overlap(this.frames.pose, other.frames.pose);
  }

  absorb(other: Group, link: Link): void {
    for (const kind of ['face', 'pose'] as const) {
      const joins = this.frames[kind].size > 0 && other.frames[kind].size > 0;
      const candidates = [this.links[kind], other.links[kind], ...(joins ? [link] : [])];
      this.links[kind] = candidates.reduce((a, b) => (b.confidence < a.confidence ? b : a));
      for (const frame of other.frames[kind]) this.frames[kind].add(frame);
    }
    this.tracklets = [...this.tracklets, ...other.tracklets];
  }
}

/** Joins tracklets into persons. The order of the persons and of their tracklets is that of the first of the tracklets given. */
export function joinTracklets(
  tracklets: readonly Tracklet[],
  faceBodyLinks: readonly FaceBodyLink[],
  options: JoiningOptions,
): Person[] {
  const groupOf = new Map(tracklets.map((tracklet) => [tracklet, new Group(tracklet)]));
  for (const { face, pose, confidence } of faceBodyLinks) {
    const a = groupOf.get(face);
    const b = groupOf.get(pose);
    if (a === undefined || b === undefined || a === b || a.excludes(b)) continue;
    a.absorb(b, { confidence, reason: 'face-and-body' });
    for (const tracklet of b.tracklets) groupOf.set(tracklet, a);
  }
  let groups = [...new Set(groupOf.values())];
  groups = joinByLooks(groups, 'face', options.maxFaceDistance);
  groups = joinByLooks(groups, 'pose', options.maxTorsoDistance);
  return groups.map(({ tracklets: members, links }) => ({ tracklets: members, links }));
}

/**
 * Average-linkage clustering with exclusions: the two closest groups become one until none are close enough. The distance
 * to a joined group is the weighted mean of the distances to its parts; two groups that share a frame are infinitely far
 * apart, and the mean keeps that infinity for whatever is joined with either.
 */
function joinByLooks(groups: readonly Group[], kind: Kind, maxDistance: number): Group[] {
  const nodes = groups
    .map((group) => ({ group, looks: exemplars(group, kind) }))
    .filter(({ looks }) => looks.length > 0)
    .map((node) => ({ ...node, weight: node.looks.length }));
  const distances = nodes.map((a) =>
    Float64Array.from(nodes, (b) =>
      a === b || a.group.excludes(b.group) ? Infinity : setDistance(a.looks, b.looks),
    ),
  );
  const reason = kind === 'face' ? 'face-appearance' : 'torso-appearance';
  const absorbed = new Set<Group>();
  for (;;) {
    const closest = closestPair(distances);
    if (closest === null || closest.distance > maxDistance) break;
    const a = nodes[closest.row];
    const b = nodes[closest.column];
    const rowA = distances[closest.row];
    const rowB = distances[closest.column];
    if (a === undefined || b === undefined || rowA === undefined || rowB === undefined) break;
    a.group.absorb(b.group, { confidence: 1 - (0.5 * Math.max(0, closest.distance)) / maxDistance, reason });
    absorbed.add(b.group);
    distances.forEach((row, k) => {
      const merged =
        ((rowA[k] ?? Infinity) * a.weight + (rowB[k] ?? Infinity) * b.weight) / (a.weight + b.weight);
      rowA[k] = merged;
      row[closest.row] = merged;
      row[closest.column] = Infinity;
    });
    rowA[closest.row] = Infinity;
    rowB.fill(Infinity);
    a.weight += b.weight;
  }
  return groups.filter((group) => !absorbed.has(group));
}

function closestPair(distances: readonly Float64Array[]) {
  let closest: { row: number; column: number; distance: number } | null = null;
  for (const [row, values] of distances.entries()) {
    for (let column = row + 1; column < values.length; column++) {
      const distance = values[column] ?? Infinity;
      if (distance < (closest?.distance ?? Infinity)) closest = { row, column, distance };
    }
  }
  return closest;
}

function exemplars({ tracklets }: Group, kind: Kind): Look[] {
  const looks = tracklets.filter((tracklet) => tracklet.kind === kind).flatMap((tracklet) => tracklet.looks);
  const step = Math.max(1, looks.length / EXEMPLARS);
  const count = Math.min(looks.length, EXEMPLARS);
  return Array.from({ length: count }, (_, i) => looks[Math.floor(i * step)]).filter(
    (look) => look !== undefined,
  );
}

function overlap(a: ReadonlySet<number>, b: ReadonlySet<number>): boolean {
  const [fewer, more] = a.size < b.size ? [a, b] : [b, a];
  return [...fewer].some((frame) => more.has(frame));
}

/** Mean of the closest quarter of all pairwise distances. */
function setDistance(a: readonly Look[], b: readonly Look[]): number {
  const all = a.flatMap((one) => b.map((other) => cosineDistance(one, other))).sort((x, y) => x - y);
  const count = Math.max(1, Math.floor(all.length * CLOSEST_SHARE));
  return all.slice(0, count).reduce((sum, distance) => sum + distance, 0) / count;
}
