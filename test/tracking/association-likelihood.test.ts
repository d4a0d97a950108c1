import { describe, expect, it } from '@jest/globals';
import {
  looksEvidence,
  MOST_LOOKS_EVIDENCE,
  placeEvidenceOf,
} from '../../src/tracking/association-likelihood.ts';
import { toDetection } from '../../src/tracking/detection.ts';
import { predictMotion, startMotion } from '../../src/tracking/mean-reverting-motion.ts';
import { BODY_MOTION, FACE_MOTION, WALKER_MOTION } from '../../src/tracking/motion-priors.ts';

const SCENE = { area: 1280 * 720, detections: 4 };

const person = (x: number, height = 100) =>
  toDetection({ x, y: 300 - height / 2, width: 50, height }, 0.9, null);

function evidenceAfter(seconds: number, seen: ReturnType<typeof person>, scene = SCENE): number {
  const predicted = predictMotion(startMotion(person(600), 0, WALKER_MOTION), seconds * 1000, WALKER_MOTION);
  return placeEvidenceOf(predicted, { seconds, missedFrames: 0 }, scene, WALKER_MOTION)(seen);
}

describe('placeEvidenceOf', () => {
  it('speaks for a person at the same place and against one across the picture', () => {
    expect(evidenceAfter(0.5, person(605))).toBeGreaterThan(3);
    expect(evidenceAfter(0.5, person(50))).toBeLessThan(-3);
  });

  it('is less sure of either the longer the person was out of sight', () => {
    const near = [0.1, 0.5, 2, 10].map((seconds) => evidenceAfter(seconds, person(605)));
    expect(near).toEqual([...near].sort((a, b) => b - a));
    expect(evidenceAfter(10, person(100))).toBeGreaterThan(evidenceAfter(0.5, person(100)));
  });

  it('holds a head that stays in its place for the same person, even after seconds', () => {
    const evidence = (prior: typeof FACE_MOTION, x: number) => {
      const state = startMotion(person(600), 0, prior);
      const absence = { seconds: 4, missedFrames: 0 };
      return placeEvidenceOf(predictMotion(state, 4000, prior), absence, SCENE, prior)(person(x));
    };
    const restless = { ...FACE_MOTION, stayingShare: 0 };
    expect(evidence(FACE_MOTION, 605)).toBeGreaterThan(evidence(restless, 605) + 1);
    expect(evidence(FACE_MOTION, 800)).toBeGreaterThan(evidence(restless, 800) - 1);
  });

  it('tells people of different size apart at the same place', () => {
    expect(evidenceAfter(0.5, person(600, 100))).toBeGreaterThan(evidenceAfter(0.5, person(600, 170)) + 3);
  });

  it('holds a body that was there a frame ago for the one that is there now, rather than for somebody new', () => {
    const evidence = (seconds: number, missedFrames: number) => {
      const predicted = predictMotion(startMotion(person(600), 0, BODY_MOTION), seconds * 1000, BODY_MOTION);
      return placeEvidenceOf(predicted, { seconds, missedFrames }, SCENE, BODY_MOTION)(person(940));
    };
    expect(evidence(1, 0)).toBeGreaterThan(0);
    expect(evidence(1, 1)).toBeLessThan(0);
    expect(evidence(1, 0) - evidence(1, 1)).toBeGreaterThan(evidence(2, 0) - evidence(2, 1));
    expect(evidence(60, 0)).toBe(evidence(60, 1));
  });

  it('does not depend on the size of the picture in pixels', () => {
    const at = (scale: number) => {
      const box = (x: number) => ({ x: x * scale, y: 250 * scale, width: 50 * scale, height: 100 * scale });
      const state = startMotion(toDetection(box(600), 0.9, null), 0, WALKER_MOTION);
      const scene = { area: SCENE.area * scale ** 2, detections: 4 };
      const predicted = predictMotion(state, 500, WALKER_MOTION);
      const absence = { seconds: 0.5, missedFrames: 0 };
      return placeEvidenceOf(predicted, absence, scene, WALKER_MOTION)(toDetection(box(640), 0.9, null));
    };
    expect(at(3)).toBeCloseTo(at(1), 9);
  });
});

describe('looksEvidence', () => {
  it('speaks for likeness, against unlikeness, and never says more than its most', () => {
    expect(looksEvidence(0, 0.2, 1)).toBe(MOST_LOOKS_EVIDENCE);
    expect(looksEvidence(0.2, 0.2, 1)).toBeGreaterThan(0);
    expect(looksEvidence(0.3, 0.2, 1)).toBeLessThan(0);
    expect(looksEvidence(0.5, 0.2, 1)).toBe(-MOST_LOOKS_EVIDENCE);
    expect(looksEvidence(2, 0.2, 1)).toBe(-MOST_LOOKS_EVIDENCE);
  });

  it('accepts equal vectors only where the threshold is 0', () => {
    expect(looksEvidence(0, 0, 1)).toBe(MOST_LOOKS_EVIDENCE);
    expect(looksEvidence(1e-4, 0, 1)).toBe(-MOST_LOOKS_EVIDENCE);
  });

  it('takes likeness for what it is worth, and unlikeness in full', () => {
    expect(looksEvidence(0, 0.2, 0.3)).toBeCloseTo(0.3 * MOST_LOOKS_EVIDENCE, 9);
    expect(looksEvidence(1, 0.2, 0.3)).toBe(-MOST_LOOKS_EVIDENCE);
  });

  it('holds vectors without anything in common for two people, however wide the threshold', () => {
    expect(looksEvidence(1, 0.55, 1)).toBe(-MOST_LOOKS_EVIDENCE);
    expect(looksEvidence(0.8, 0.55, 1)).toBeGreaterThan(-MOST_LOOKS_EVIDENCE / 2);
  });
});
