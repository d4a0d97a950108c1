import { describe, expect, it } from '@jest/globals';
import type { Tlwh } from '../../../src/geometry/box.ts';
import { POSE_LANDMARK_NAMES, type PoseLandmark } from '../../../src/geometry/landmarks.ts';
import {
  type Claim,
  explainsFace,
  faceOfHead,
  hasStrayed,
  isSameBody,
  oneSkeletonPerBody,
} from '../../../src/vision/pose/same-body.ts';

type Name = (typeof POSE_LANDMARK_NAMES)[number];

/** Places, in head heights from the nose, of a person who stands upright and faces the camera. */
const STANDING: Partial<Record<Name, readonly [number, number]>> = {
  left_eye: [0.2, -0.2],
  right_eye: [-0.2, -0.2],
  left_ear: [0.4, -0.1],
  right_ear: [-0.4, -0.1],
  mouth_left: [0.15, 0.25],
  mouth_right: [-0.15, 0.25],
  left_shoulder: [1, 1.2],
  right_shoulder: [-1, 1.2],
  left_elbow: [1.2, 2.4],
  right_elbow: [-1.2, 2.4],
  left_wrist: [1.2, 3.4],
  right_wrist: [-1.2, 3.4],
  left_hip: [0.6, 3.6],
  right_hip: [-0.6, 3.6],
  left_knee: [0.6, 5.4],
  right_knee: [-0.6, 5.4],
  left_ankle: [0.6, 7],
  right_ankle: [-0.6, 7],
};

const HEAD = 20;

/** A person whose nose lies at (x, y); parts may be taken from elsewhere. */
function person(x: number, y: number, changes: Partial<Claim> = {}): Claim {
  const landmarks = POSE_LANDMARK_NAMES.map((name): PoseLandmark => {
    const [right, down] = STANDING[name] ?? [0, 0];
    return { x: x + right * HEAD, y: y + down * HEAD, z: 0, visibility: 1, presence: 1 };
  });
  return { landmarks, confidence: 0.9, face: null, ...changes };
}

/** The head of one person on the body of another. */
function chimera(head: Claim, body: Claim): Claim {
  const landmarks = head.landmarks.map((landmark, i) =>
    i <= 10 ? landmark : body.landmarks[i],
  ) as PoseLandmark[];
  return { ...head, landmarks };
}

function faceAt(x: number, y: number): Tlwh {
  return { x: x - HEAD / 2, y: y - HEAD / 2, width: HEAD, height: HEAD };
}

describe('whose body a skeleton is', () => {
  it('two skeletons of one person are the same body, neighbours are not', () => {
    expect(isSameBody(person(100, 50), person(104, 53))).toBe(true);
    expect(isSameBody(person(100, 50), person(150, 50))).toBe(false);
  });

  it('a child right before a parent is another body', () => {
    const child = person(100, 90);
    const small = { ...child, landmarks: child.landmarks.map((p) => ({ ...p, y: 90 + (p.y - 90) * 0.6 })) };
    expect(isSameBody(person(100, 50), small)).toBe(false);
  });

  it('two heads on one pair of shoulders are one body', () => {
    const left = person(100, 50);
    expect(isSameBody(left, chimera(person(160, 50), left))).toBe(true);
  });

  it('skeletons that have the same detected face are the same body', () => {
    const face = faceAt(100, 50);
    expect(isSameBody(person(100, 50, { face }), person(180, 50, { face }))).toBe(true);
  });
});

describe('one skeleton per body', () => {
  it('is the surest, and they come surest first', () => {
    const kept = oneSkeletonPerBody([
      person(100, 50, { confidence: 0.6 }),
      person(101, 51, { confidence: 0.8 }),
      person(300, 50, { confidence: 0.95 }),
    ]);
    expect(kept.map(({ confidence }) => confidence)).toEqual([0.95, 0.8]);
  });

  it('is the one with a face of its own, even when another is surer', () => {
    const face = faceAt(100, 50);
    const kept = oneSkeletonPerBody([
      person(104, 53, { confidence: 1 }),
      person(100, 50, { confidence: 0.7, face }),
    ]);
    expect(kept.map(({ confidence }) => confidence)).toEqual([0.7]);
  });

  it('is none for a patchwork of two people with faces', () => {
    const ada = person(100, 50, { face: faceAt(100, 50) });
    const ben = person(200, 50, { face: faceAt(200, 50) });
    const between = person(150, 50);
    const landmarks = between.landmarks.map((landmark, i) => {
      if (i < 13) return landmark;
      return (i % 2 === 1 ? ada : ben).landmarks[i] ?? landmark;
    });
    const kept = oneSkeletonPerBody([ada, ben, { ...between, landmarks, confidence: 1 }]);
    expect(kept).toEqual([ada, ben]);
    expect(oneSkeletonPerBody([ada, ben, person(400, 50, { confidence: 1 })]).at(0)?.confidence).toBe(1);
  });

  it('stays for somebody without a face who stands beside people with faces', () => {
    const kept = oneSkeletonPerBody([person(100, 50, { face: faceAt(100, 50) }), person(170, 60)]);
    expect(kept).toHaveLength(2);
  });

  it('stays for somebody of whom no joint is visible', () => {
    const hidden = person(170, 60);
    const landmarks = hidden.landmarks.map((landmark) => ({ ...landmark, visibility: 0 }));
    const kept = oneSkeletonPerBody([person(100, 50, { face: faceAt(100, 50) }), { ...hidden, landmarks }]);
    expect(kept).toHaveLength(2);
  });
});

describe('a face and a skeleton', () => {
  it('belong together when nose and eyes lie in the face, or barely outside', () => {
    expect(explainsFace(person(100, 50), faceAt(100, 50))).toBe(true);
    expect(explainsFace(person(100, 50), faceAt(110, 50))).toBe(true);
    expect(explainsFace(person(100, 50), faceAt(120, 50))).toBe(false);
  });

  it('do not belong together when the shoulders hang at another head', () => {
    const other = chimera(person(100, 50), person(140, 50));
    expect(explainsFace(other, faceAt(100, 50))).toBe(false);
  });

  it('meet in the head the detector saw: the nearest face, or none', () => {
    const head = { x: 90, y: 40, width: 40, height: 40 };
    const near = faceAt(112, 62);
    expect(faceOfHead(head, [faceAt(95, 45), near])).toBe(near);
    expect(faceOfHead(head, [faceAt(300, 45)])).toBeNull();
    expect(faceOfHead(head, [])).toBeNull();
  });
});

describe('a skeleton that strayed from what the detector saw', () => {
  const region = { centreX: 100, centreY: 122, side: 200, rotationRadians: 0 };
  const body = { ...person(100, 50), hips: { x: 100, y: 122 } };
  const head = { x: 80, y: 30, width: 40, height: 40 };

  it('has both other hips and another head', () => {
    expect(hasStrayed(body, region, head)).toBe(false);
    const hipsAway = { ...body, hips: { x: 120, y: 122 } };
    expect(hasStrayed(hipsAway, region, head)).toBe(false);
    expect(hasStrayed(body, region, { ...head, x: 140 })).toBe(false);
    expect(hasStrayed(hipsAway, region, { ...head, x: 140 })).toBe(true);
  });
});
