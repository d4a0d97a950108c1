/** Holds a result against what was drawn: which faces were found, how well, and whether each person kept one identity. */
import type { CompletedResult } from '../src/contract/result.ts';
import { iou } from '../src/geometry/box.ts';
import { drawnFaces, type Scene } from './scene.ts';

export interface Comparison {
  readonly drawn: number;
  /** Drawn faces that a reported face covers with IoU >= 0.5. */
  readonly found: number;
  /** Reported faces that cover no drawn one. */
  readonly phantoms: number;
  readonly meanIou: number;
  /** Per drawn person, the track ids their faces were reported under, in order of appearance. */
  readonly identities: ReadonlyMap<string, readonly number[]>;
  /** Largest difference between a frame's timestamp and the time of the picture shown at its sample. */
  readonly worstTimestampErrorMs: number;
}

const SAME_FACE_IOU = 0.5;

export function compareWithTruth(result: CompletedResult, scene: Scene): Comparison {
  let drawn = 0;
  let found = 0;
  let phantoms = 0;
  let iouSum = 0;
  let worstTimestampErrorMs = 0;
  const identities = new Map<string, Set<number>>();
  for (const frame of result.frames) {
    const truth = drawnFaces(scene, frame.timestamp_ms / 1000);
    const matched = new Set<unknown>();
    for (const { person, box } of truth) {
      const best = frame.faces
        .map((face) => ({ face, overlap: iou(face.bbox, box) }))
        .sort((a, b) => b.overlap - a.overlap)[0];
      drawn += 1;
      if (best === undefined || best.overlap < SAME_FACE_IOU) continue;
      found += 1;
      iouSum += best.overlap;
      matched.add(best.face);
      const ids = identities.get(person) ?? new Set();
      if (best.face.track_id !== null) identities.set(person, ids.add(best.face.track_id));
    }
    phantoms += frame.faces.filter((face) => !matched.has(face)).length;
    const shownMs = shownAt(frame.index * result.frame_interval_ms, scene.frameRate);
    worstTimestampErrorMs = Math.max(worstTimestampErrorMs, Math.abs(frame.timestamp_ms - shownMs));
  }
  return {
    drawn,
    found,
    phantoms,
    meanIou: found === 0 ? 0 : iouSum / found,
    identities: new Map([...identities].map(([person, ids]) => [person, [...ids]])),
    worstTimestampErrorMs,
  };
}

/** Presentation time of the picture that stands for a moment: the last one not more than half a frame after it. */
function shownAt(momentMs: number, frameRate: number): number {
  const frameMs = 1000 / frameRate;
  return Math.floor(momentMs / frameMs + 0.5) * frameMs;
}
