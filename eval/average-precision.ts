/** Average precision of a face detector by the protocol of WIDER FACE (http://shuoyang1213.me/WIDERFACE, arXiv 1511.06523). */
import type { Tlwh } from '../src/geometry/box.ts';

export interface TrueFace {
  readonly box: Tlwh;
  /** False for faces that are neither a hit nor a miss: too hard for the level, or invalid. */
  readonly counts: boolean;
}

export interface FoundFace {
  readonly box: Tlwh;
  readonly confidence: number;
}

/** What is in a picture and what was found there. */
export interface ScoredPicture {
  readonly truth: readonly TrueFace[];
  readonly found: readonly FoundFace[];
}

/** A face counts as found from this overlap on. */
const MIN_OVERLAP = 0.5;

/** The protocol samples the curve at so many confidences, evenly between the highest and the lowest one given. */
const LEVELS = 1000;

/** How the judgement of a picture's detections grows as less sure ones are let in, surest first. */
interface Judgement {
  readonly confidence: number;
  /** Counting faces hit by this detection and all surer ones. */
  readonly hits: number;
  /** Detections so far, without those that lie on faces that do not count. */
  readonly proposals: number;
}

/**
 * Area under the precision-recall curve, 0..1, precision made monotonic as in PASCAL VOC. A detector that is to be judged over the
 * whole curve must report faces of very low confidence, too. Without a counting face it is NaN, without a detection 0.
 */
export function averagePrecision(pictures: readonly ScoredPicture[]): number {
  const faces = countFaces(pictures);
  if (faces === 0) return Number.NaN;
  const judged = pictures.map(judge);
  const confidences = pictures.flatMap(({ found }) => found.map(({ confidence }) => confidence));
  if (confidences.length === 0) return 0;
  const highest = confidences.reduce((a, b) => Math.max(a, b));
  const lowest = confidences.reduce((a, b) => Math.min(a, b));

  const curve = Array.from({ length: LEVELS }, (_, i) => {
    const level = lowest + (highest - lowest) * (1 - (i + 1) / LEVELS);
    const { hits, proposals } = sumAt(judged, level);
    return { recall: hits / faces, precision: hits / Math.max(1, proposals) };
  });
  return areaUnder(curve);
}

/** Recall and precision when only faces of at least `confidence` are reported. NaN where there is nothing to divide by. */
export function operatingPoint(
  pictures: readonly ScoredPicture[],
  confidence: number,
): { recall: number; precision: number } {
  const { hits, proposals } = sumAt(pictures.map(judge), confidence);
  return { recall: hits / countFaces(pictures), precision: hits / proposals };
}

function countFaces(pictures: readonly ScoredPicture[]): number {
  return pictures.reduce((sum, { truth }) => sum + truth.filter((face) => face.counts).length, 0);
}

/**
 * Goes through the detections by descending confidence. Each is held against the true face it overlaps most. A first hit on a counting
 * face is a hit; every further one stays a proposal that hits nothing; one on a face that does not count is no proposal at all.
 * Pictures without any face count as well, other than in the official tool, whose data has none: a detector should be quiet there.
 */
function judge({ truth, found }: ScoredPicture): Judgement[] {
  const taken = new Set<TrueFace>();
  let proposals = 0;
  return found
    .toSorted((a, b) => b.confidence - a.confidence)
    .map(({ box, confidence }) => {
      const { face, overlap } = mostOverlapped(box, truth);
      const isOnFace = face !== undefined && overlap >= MIN_OVERLAP;
      if (isOnFace && face.counts) taken.add(face);
      if (!isOnFace || face.counts) proposals++;
      return { confidence, hits: taken.size, proposals };
    });
}

function mostOverlapped(
  box: Tlwh,
  truth: readonly TrueFace[],
): { face: TrueFace | undefined; overlap: number } {
  let best: { face: TrueFace | undefined; overlap: number } = { face: undefined, overlap: 0 };
  for (const face of truth) {
    const overlap = pixelIou(box, face.box);
    if (overlap > best.overlap) best = { face, overlap };
  }
  return best;
}

/** Intersection over union with the official tool's convention that a box from 3 to 5 is 3 pixels long. */
function pixelIou(a: Tlwh, b: Tlwh): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) + 1;
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) + 1;
  if (width <= 0 || height <= 0) return 0;
  const pixels = (box: Tlwh) => (box.width + 1) * (box.height + 1);
  return (width * height) / (pixels(a) + pixels(b) - width * height);
}

/** Hits and proposals over all pictures when everything of at least `confidence` is let in. */
function sumAt(
  judged: readonly (readonly Judgement[])[],
  confidence: number,
): { hits: number; proposals: number } {
  let hits = 0;
  let proposals = 0;
  for (const picture of judged) {
    const last = picture.findLast((judgement) => judgement.confidence >= confidence);
    hits += last?.hits ?? 0;
    proposals += last?.proposals ?? 0;
  }
  return { hits, proposals };
}

function areaUnder(curve: readonly { recall: number; precision: number }[]): number {
  let area = 0;
  let best = 0;
  let recall = curve.at(-1)?.recall ?? 0;
  // From the right, so that each precision is the best one at its recall or any higher one.
  for (const point of curve.toReversed()) {
    area += (recall - point.recall) * best;
    recall = point.recall;
    best = Math.max(best, point.precision);
  }
  return area + recall * best;
}
