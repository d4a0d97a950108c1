import { describe, expect, it } from '@jest/globals';
import { POSE_LANDMARK_NAMES, type PoseLandmark } from '../../../src/geometry/landmarks.ts';
import type { Claim } from '../../../src/vision/pose/same-body.ts';
import { borrowedLandmarks, patchesOver, withoutBorrowed } from '../../../src/vision/pose/shared-bones.ts';
import { centreOf, NOSE } from '../../../src/vision/pose/skeleton-measures.ts';
import { person } from '../../helpers/skeletons.ts';

const NAMES: readonly string[] = POSE_LANDMARK_NAMES;
const PICTURE = { width: 640, height: 360 };

const isLeg = (index: number) => /hip|knee|ankle|heel|foot/.test(NAMES[index] ?? '');

/** The upper body of one person, the legs of another. */
function onLegsOf(upper: Claim, lower: Claim): Claim {
  const landmarks = upper.landmarks.map((landmark, i) => (isLeg(i) ? lower.landmarks[i] : landmark));
  return { ...upper, landmarks: landmarks as PoseLandmark[] };
}

function poseOf(claim: Claim) {
  const worldLandmarks = claim.landmarks.map(() => ({ x: 0, y: 0, z: 0, visibility: 1, presence: 1 }));
  return { ...claim, worldLandmarks, box: { x: 0, y: 0, width: 640, height: 360 } };
}

describe('bones of two people', () => {
  const ada = person(200, 50);
  const ben = person(300, 50);
  const crossed = onLegsOf(ada, ben);

  it('are borrowed by the skeleton whose head is further off, with the feet that hang on them', () => {
    const borrowed = [...borrowedLandmarks(crossed, ben)];
    expect(borrowed.every(isLeg)).toBe(true);
    expect(borrowed).toHaveLength(10);
    expect(borrowedLandmarks(ben, crossed).size).toBe(0);
  });

  it('are borrowed also when left is taken for right, or a leg for an arm', () => {
    const name = (index: number) => NAMES[index] ?? '';
    const mirrored = crossed.landmarks.map((landmark, i) => {
      const twin = NAMES.indexOf(name(i).replace(/^left/, 'right'));
      return isLeg(i) ? (crossed.landmarks[twin] ?? landmark) : landmark;
    });
    expect(borrowedLandmarks({ landmarks: mirrored }, ben).size).toBeGreaterThan(0);
    const [elbow, wrist] = [13, 15].map((index) => ben.landmarks[index] as PoseLandmark);
    const kneeOnArm = ada.landmarks.map((landmark, i) =>
      i === 25 ? (elbow as PoseLandmark) : i === 27 ? (wrist as PoseLandmark) : landmark,
    );
    expect([...borrowedLandmarks({ landmarks: kneeOnArm }, ben)]).toContain(27);
  });

  it('are borrowed where they end in the face of the other', () => {
    const { x, y } = centreOf(ben, NOSE);
    const face = { x: x - 5, y: y - 5, width: 10, height: 10 };
    const reaching = ada.landmarks.map((landmark, i) => (i === 15 ? { ...landmark, x, y } : landmark));
    expect([...borrowedLandmarks({ landmarks: reaching }, { ...ben, face })]).toContain(15);
    expect(borrowedLandmarks({ landmarks: reaching }, ben).size).toBe(0);
  });

  it('are their own where they only touch: hands held, feet side by side', () => {
    const held = ada.landmarks.map((landmark, i) =>
      i === 15 ? (ben.landmarks[16] as PoseLandmark) : landmark,
    );
    expect(borrowedLandmarks({ landmarks: held }, ben).size).toBe(0);
    expect(borrowedLandmarks(ada, person(250, 50)).size).toBe(0);
  });

  it('do not count where they are not seen', () => {
    const hidden = ben.landmarks.map((landmark) => ({ ...landmark, visibility: 0.2 }));
    expect(borrowedLandmarks(crossed, { landmarks: hidden }).size).toBe(0);
  });

  it('that are borrowed are told unseen, and the box leaves them out', () => {
    const own = withoutBorrowed(poseOf(crossed), [ben], PICTURE);
    expect(own.landmarks[27]).toMatchObject({ visibility: 0, presence: 0 });
    expect(own.worldLandmarks[27]).toMatchObject({ visibility: 0, presence: 0 });
    expect(own.landmarks[11]).toEqual(ada.landmarks[11]);
    expect(own.box.y + own.box.height).toBeLessThan(130);
    const untouched = poseOf(ada);
    expect(withoutBorrowed(untouched, [ben], PICTURE)).toBe(untouched);
  });

  it('are covered all along, but for what is nearer to the head that is sought', () => {
    const patches = patchesOver(ben, centreOf(ada, NOSE));
    const knee = ben.landmarks[25] as PoseLandmark;
    const isOver = ({ x, y }: { x: number; y: number }) =>
      patches.some((p) => x >= p.x && x <= p.x + p.width && y >= p.y && y <= p.y + p.height);
    expect(isOver(knee)).toBe(true);
    expect(isOver({ x: knee.x, y: knee.y + 16 })).toBe(true);
    expect(isOver(ada.landmarks[25] as PoseLandmark)).toBe(false);
    expect(patchesOver(crossed, centreOf(ben, NOSE)).every(({ x, width }) => x + width / 2 < 250)).toBe(true);
  });
});
