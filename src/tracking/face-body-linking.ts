/** Finds out which face belongs to which body: the face is where the body's nose, eyes and ears are. */
import { centreOfBox, type Tlwh } from '../geometry/box.ts';
import type { PoseLandmark } from '../geometry/landmarks.ts';
import { type Match, minCostMatching } from './assignment.ts';
import type { FrameObservations, ObservedFrames } from './observations.ts';
import type { Shot } from './shot-detection.ts';
import type { Tracklet } from './tracklet.ts';

/** What the frames that show both say about a face tracklet and a pose tracklet of one shot. */
export interface FaceBodyVotes {
  readonly face: Tracklet;
  readonly pose: Tracklet;
  /** Frames in which the face was at the body's head. */
  readonly agreements: number;
  /** Frames that show both. */
  readonly together: number;
  /** How far the face's centre was from the head's in the frames that agree, in face sizes, all added up. */
  readonly offset: number;
}

/** A face tracklet and a pose tracklet of one shot that were seen as one person. */
export interface FaceBodyLink extends Pick<FaceBodyVotes, 'face' | 'pose' | 'agreements'> {
  /** Probability that they are one person, 0..1. */
  readonly confidence: number;
}

/** Landmarks 0 to 8 are the nose, the eyes and the ears (see POSE_LANDMARK_NAMES). */
const HEAD_LANDMARKS = 9;

/** The centre of the head landmarks lies near the centre of the face; further off than this, in face sizes, it is another's. */
const MOST_HEAD_OFFSET = 0.6;

/**
 * The pairs of one frame: each face with the body whose head is at its place, the least total distance first.
 * @returns index of the pose by index of the face
 */
export function pairFacesWithBodies(frame: FrameObservations): Map<number, number> {
  return new Map(matchHeads(frame).map(([face, pose]) => [face, pose]));
}

/** Faces in the place of tracks, poses in that of detections; what they cost is how far apart they are, in face sizes. */
function matchHeads({ faces, poses }: FrameObservations): Match[] {
  const heads = poses.map(({ landmarks }) => landmarks.slice(0, HEAD_LANDMARKS));
  return minCostMatching(
    [...faces.keys()],
    [...poses.keys()],
    (face, pose) => headOffset(faces[face]?.box, heads[pose]),
    MOST_HEAD_OFFSET,
  );
}

type ShotFrames = Pick<Shot, 'firstFrame' | 'endFrame'>;

/** The votes of two who were not seen yet. */
const NO_VOTES = { agreements: 0, together: 0, offset: 0 };

/**
 * Pools the pairs of the frames of one shot.
 * @param tracklets of the shot, of both kinds
 */
export function voteOnFacesAndBodies(
  frames: ObservedFrames,
  tracklets: readonly Tracklet[],
  shot: ShotFrames,
): FaceBodyVotes[] {
  const votes = new Map<Tracklet, Map<Tracklet, typeof NO_VOTES>>();
  for (const [i, { faces, poses }] of ownersByFrame(shot, tracklets).entries()) {
    const observed = faces.size > 0 && poses.size > 0 ? frames.at(shot.firstFrame + i) : undefined;
    const matches = observed === undefined ? [] : matchHeads(observed);
    const pairs = new Map(matches.map(([face, pose, offset]) => [face, { pose, offset }]));
    for (const [faceIndex, face] of faces) {
      const ofFace = votes.get(face) ?? new Map<Tracklet, typeof NO_VOTES>();
      votes.set(face, ofFace);
      const pair = pairs.get(faceIndex);
      for (const [poseIndex, pose] of poses) {
        const { agreements, together, offset } = ofFace.get(pose) ?? NO_VOTES;
        const agreed =
          pair !== undefined && pair.pose === poseIndex
            ? { agreements: agreements + 1, offset: offset + pair.offset }
            : { agreements, offset };
        ofFace.set(pose, { ...agreed, together: together + 1 });
      }
    }
  }
  return [...votes].flatMap(([face, ofFace]) => [...ofFace].map(([pose, vote]) => ({ face, pose, ...vote })));
}

/** A face and a body belong together when they agree in most frames that show both. The surest come first, of equally sure ones the nearest. */
export function linkFacesToBodies(votes: readonly FaceBodyVotes[]): FaceBodyLink[] {
  return votes
    .filter(({ agreements, together }) => agreements * 2 > together)
    .sort((a, b) => b.agreements - a.agreements || a.together - b.together || a.offset - b.offset)
    .map(({ face, pose, agreements, together }) => ({
      face,
      pose,
      agreements,
      // Laplace's rule of succession: one agreement in one frame is worth 2/3, ten in ten 11/12.
      confidence: (agreements + 1) / (together + 2),
    }));
}

/** Whether a face is near enough to where a body's nose, eyes and ears are to be its own. */
export function isAtHead(face: Tlwh, landmarks: readonly PoseLandmark[]): boolean {
  return headOffset(face, landmarks.slice(0, HEAD_LANDMARKS)) <= MOST_HEAD_OFFSET;
}

/** Distance between the face's centre and the head landmarks' centre, in face sizes; Infinity when there is no head. */
function headOffset(face: Tlwh | undefined, head: readonly PoseLandmark[] | undefined): number {
  if (face === undefined || head === undefined || head.length < HEAD_LANDMARKS) return Infinity;
  const x = head.reduce((sum, point) => sum + point.x, 0) / head.length;
  const y = head.reduce((sum, point) => sum + point.y, 0) / head.length;
  const size = Math.sqrt(face.width * face.height);
  const centre = centreOfBox(face);
  return Math.hypot(x - centre.x, y - centre.y) / size;
}

/** Per frame of the shot: the tracklet of each face and of each pose, by their index. */
function ownersByFrame({ firstFrame, endFrame }: ShotFrames, tracklets: readonly Tracklet[]) {
  const owners = Array.from({ length: endFrame - firstFrame }, () => ({
    faces: new Map<number, Tracklet>(),
    poses: new Map<number, Tracklet>(),
  }));
  for (const tracklet of tracklets) {
    for (const { frame, detection } of tracklet.sightings) {
      const ofFrame = owners[frame - firstFrame];
      (tracklet.kind === 'face' ? ofFrame?.faces : ofFrame?.poses)?.set(detection, tracklet);
    }
  }
  return owners;
}
