import { describe, expect, it } from '@jest/globals';
import type { Tlwh } from '../../../src/geometry/box.ts';
import type { PoseLandmark } from '../../../src/geometry/landmarks.ts';
import {
  type Claim,
  explainsFace,
  faceOfHead,
  hasShouldersInFaces,
  isSameBody,
  oneSkeletonPerBody,
} from '../../../src/vision/pose/same-body.ts';
import { HEAD, person } from '../../helpers/skeletons.ts';

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

describe('a skeleton across two people', () => {
  const between = person(100, 50);
  const shoulders = [11, 12].map((index) => between.landmarks[index] as PoseLandmark);
  const faces = shoulders.map(({ x, y }) => faceAt(x, y));

  it('has both shoulders in their faces', () => {
    expect(hasShouldersInFaces(between, faces)).toBe(true);
    expect(hasShouldersInFaces(between, faces.slice(1))).toBe(false);
    expect(hasShouldersInFaces(between, [])).toBe(false);
  });

  it('is none where the shoulders are not seen', () => {
    const hidden = between.landmarks.map((landmark) => ({ ...landmark, visibility: 0.2 }));
    expect(hasShouldersInFaces({ landmarks: hidden }, faces)).toBe(false);
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
