import { describe, expect, it } from '@jest/globals';
import {
  isBeforeTorso,
  isHandOf,
  isHeadAlone,
  isHeadless,
  isNotWhatWasSeen,
  isWornBy,
} from '../../../src/vision/pose/false-body.ts';
import type { Claim } from '../../../src/vision/pose/same-body.ts';
import { person } from '../../helpers/skeletons.ts';

const region = { centreX: 100, centreY: 122, side: 200, rotationRadians: 0 };
const body = { ...person(100, 50), hips: { x: 100, y: 122 } };
const head = { x: 80, y: 30, width: 40, height: 40 };

/** The same skeleton, `scale` times as large, around its nose. */
function scaled<T extends Claim>(skeleton: T, scale: number): T {
  const { x: noseX = 0, y: noseY = 0 } = skeleton.landmarks[0] ?? {};
  const landmarks = skeleton.landmarks.map((landmark) => ({
    ...landmark,
    x: noseX + (landmark.x - noseX) * scale,
    y: noseY + (landmark.y - noseY) * scale,
  }));
  return { ...skeleton, landmarks };
}

describe('what the detector took for a body', () => {
  it('is none when the head fills the region', () => {
    expect(isHeadAlone(head, region)).toBe(false);
    expect(isHeadAlone(head, { ...region, side: 50 })).toBe(true);
  });
});

describe('a skeleton that is not what the detector saw', () => {
  it('has both other hips and another head', () => {
    expect(isNotWhatWasSeen(body, region, head)).toBe(false);
    const hipsAway = { ...body, hips: { x: 120, y: 122 } };
    expect(isNotWhatWasSeen(hipsAway, region, head)).toBe(false);
    expect(isNotWhatWasSeen(body, region, { ...head, x: 140 })).toBe(false);
    expect(isNotWhatWasSeen(hipsAway, region, { ...head, x: 140 })).toBe(true);
  });

  it('lies in a large head, nose and shoulders in one place', () => {
    const tiny = scaled(body, 0.1);
    expect(isNotWhatWasSeen(tiny, { ...region, side: 100 }, head)).toBe(true);
    expect(isNotWhatWasSeen(tiny, region, head)).toBe(false);
  });
});

describe('a skeleton below a face', () => {
  it('is none when neither the network is sure of it nor its heatmap of the head', () => {
    expect(isHeadless({ confidence: 0.7, headPeak: 0.4 })).toBe(true);
    expect(isHeadless({ confidence: 0.7, headPeak: 0.6 })).toBe(false);
    expect(isHeadless({ confidence: 0.95, headPeak: 0.4 })).toBe(false);
  });
});

describe('a small skeleton before a large one', () => {
  const wearer = person(100, 50);
  const print = scaled(person(100, 80, { confidence: 0.6 }), 0.25);

  it('is worn by it, as long as the network is not sure of it', () => {
    expect(isWornBy(print, wearer)).toBe(true);
    expect(isWornBy({ ...print, confidence: 0.95 }, wearer)).toBe(false);
    expect(isWornBy(wearer, print)).toBe(false);
  });

  it('is a person where it reaches beyond the torso, or is not much smaller', () => {
    expect(isWornBy(scaled(person(135, 80, { confidence: 0.6 }), 0.25), wearer)).toBe(false);
    expect(isWornBy(scaled(person(100, 60, { confidence: 0.6 }), 0.6), wearer)).toBe(false);
  });

  it('is told by what is seen of it: hidden legs may reach anywhere', () => {
    const long = scaled(person(100, 95, { confidence: 0.6 }), 0.25);
    expect(isWornBy(long, wearer)).toBe(false);
    const landmarks = long.landmarks.map((landmark, i) => ({ ...landmark, visibility: i < 25 ? 1 : 0 }));
    expect(isWornBy({ ...long, landmarks }, wearer)).toBe(true);
  });
});

describe('a skeleton before another', () => {
  it('has the middle of its torso there', () => {
    expect(isBeforeTorso(person(100, 50), person(105, 60))).toBe(true);
    expect(isBeforeTorso(person(100, 50), person(140, 50))).toBe(false);
  });
});

describe('a face that is a hand', () => {
  const owner = person(100, 50);
  const hand = { x: 115, y: 110, width: 20, height: 24 };

  it('holds the wrist and the fingers of somebody', () => {
    expect(isHandOf(owner, hand)).toBe(true);
    expect(isHandOf(owner, { ...hand, x: 90 })).toBe(false);
    expect(isHandOf(person(200, 50), hand)).toBe(false);
  });

  it('is none of somebody whose hand is not seen', () => {
    const landmarks = owner.landmarks.map((landmark) => ({ ...landmark, visibility: 0.2 }));
    expect(isHandOf({ ...owner, landmarks }, hand)).toBe(false);
  });
});
