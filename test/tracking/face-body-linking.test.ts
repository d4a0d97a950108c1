import { describe, expect, it } from '@jest/globals';
import {
  linkFacesToBodies,
  pairFacesWithBodies,
  voteOnFacesAndBodies,
} from '../../src/tracking/face-body-linking.ts';
import type { Kind, Tracklet } from '../../src/tracking/tracklet.ts';
import { faceOf, film, poseOf } from './synthetic-video.ts';

const LEFT = { x: 300, y: 200 };
const RIGHT = { x: 800, y: 200 };

/** One shot of all the frames here. */
const WHOLE = { firstFrame: 0, endFrame: 4 };

const tracklet = (kind: Kind, detections: readonly number[]): Tracklet => ({
  kind,
  shot: 0,
  confidence: 1,
  sightings: detections.map((detection, frame) => ({ frame, detection, timeMs: frame * 500, confidence: 1 })),
  recognizable: [],
});

describe('pairFacesWithBodies', () => {
  const pairs = (faces: readonly (typeof LEFT)[], heads: readonly (typeof LEFT)[]) => {
    const [frame] = film({
      frames: 1,
      intervalMs: 500,
      faces: () => faces.map((at) => faceOf(0, at)),
      poses: () => heads.map((at) => poseOf(at)),
    });
    return frame === undefined ? [] : [...pairFacesWithBodies(frame)];
  };

  it('finds the body whose head is where the face is', () => {
    expect(pairs([LEFT, RIGHT], [RIGHT, LEFT])).toEqual([
      [0, 1],
      [1, 0],
    ]);
  });

  it('leaves a face alone whose body was not found', () => {
    expect(pairs([LEFT, RIGHT], [RIGHT])).toEqual([[1, 0]]);
    expect(pairs([LEFT], [{ x: 300, y: 320 }])).toEqual([]);
  });

  it('gives a body to one face only, the nearest', () => {
    expect(pairs([LEFT, { x: 330, y: 200 }], [{ x: 325, y: 200 }])).toEqual([[1, 0]]);
  });
});

describe('linkFacesToBodies', () => {
  const frames = film({
    frames: 4,
    intervalMs: 500,
    faces: () => [faceOf(0, LEFT), faceOf(1, RIGHT)],
    // In the third frame the bodies are mixed up.
    poses: (frame) => (frame === 2 ? [poseOf(RIGHT), poseOf(LEFT)] : [poseOf(LEFT), poseOf(RIGHT)]),
  });
  const left = tracklet('face', [0, 0, 0, 0]);
  const right = tracklet('face', [1, 1, 1, 1]);
  const leftBody = tracklet('pose', [0, 0, 0, 0]);
  const rightBody = tracklet('pose', [1, 1, 1, 1]);

  it('goes by the majority of the frames that show both', () => {
    const links = linkFacesToBodies(voteOnFacesAndBodies(frames, [left, right, leftBody, rightBody], WHOLE));
    expect(links).toEqual([
      { face: left, pose: leftBody, agreements: 3, confidence: 4 / 6 },
      { face: right, pose: rightBody, agreements: 3, confidence: 4 / 6 },
    ]);
  });

  it('links nobody who was mostly seen apart', () => {
    const votes = voteOnFacesAndBodies(frames, [left, rightBody], WHOLE);
    expect(votes).toMatchObject([{ agreements: 1, together: 4 }]);
    expect(linkFacesToBodies(votes)).toEqual([]);
  });

  it('has the nearest first among equally sure ones, whichever is listed first', () => {
    const twoFrames = film({
      frames: 2,
      intervalMs: 500,
      faces: (frame) => [faceOf(0, { x: frame === 0 ? 320 : 305, y: 200 })],
      poses: () => [poseOf(LEFT)],
    });
    const [aside, body] = [tracklet('face', [0]), tracklet('pose', [0, 0])];
    const { sightings } = tracklet('face', [0, 0]);
    const near = { ...aside, sightings: sightings.slice(1) };
    for (const faces of [
      [aside, near],
      [near, aside],
    ]) {
      const links = linkFacesToBodies(voteOnFacesAndBodies(twoFrames, [...faces, body], WHOLE));
      expect(links.map(({ face, confidence }) => [face, confidence])).toEqual([
        [near, 2 / 3],
        [aside, 2 / 3],
      ]);
    }
  });

  it('votes in the frames of the shot alone', () => {
    const votes = voteOnFacesAndBodies(frames, [left, leftBody], { firstFrame: 1, endFrame: 3 });
    expect(votes).toMatchObject([{ agreements: 1, together: 2 }]);
  });

  it('says nothing about those who were never seen together', () => {
    const [first, second] = [tracklet('face', [0]), tracklet('pose', [0, 0])];
    const later = { ...second, sightings: second.sightings.slice(1) };
    expect(voteOnFacesAndBodies(frames, [first, later], WHOLE)).toEqual([]);
  });
});
