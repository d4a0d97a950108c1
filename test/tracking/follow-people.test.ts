import { describe, expect, it } from '@jest/globals';
import {
  DEFAULT_TRACKING_OPTIONS,
  followPeople,
  type TrackingOptions,
} from '../../src/tracking/follow-people.ts';
import type { FrameObservations, PoseObservation } from '../../src/tracking/observations.ts';
import { faceOf, film, PICTURE, poseOf, type Script } from './synthetic-video.ts';

function optionsFor(frameIntervalMs: number, more: Partial<TrackingOptions> = {}): TrackingOptions {
  return {
    ...DEFAULT_TRACKING_OPTIONS,
    picture: PICTURE,
    frameIntervalMs,
    maxCosineDistance: 0.5,
    ...more,
  };
}

/** A body in black from neck to knee: the darkest grey of both halves of the torso. */
function inBlack(x: number): PoseObservation {
  const appearance = new Float32Array(60);
  appearance[24] = appearance[54] = Math.SQRT1_2;
  return { ...poseOf({ x, y: 200 }), appearance };
}

const RATES_MS = [100, 500, 1000, 2000];

describe('followPeople', () => {
  it.each(RATES_MS)(
    'gives one person one id through cuts, leaving and returning, a frame every %d ms',
    (intervalMs) => {
      const script = {
        frames: 40,
        intervalMs,
        cuts: [8, 16],
        faces: (frame: number) => {
          if (frame >= 8 && frame < 16) return [faceOf(1, { x: 900, y: 200 })];
          if (frame >= 24 && frame < 32) return [];
          return [faceOf(0, { x: frame < 16 ? 300 : 700, y: 250 })];
        },
      };
      const { tracks, frames, shots } = followPeople(film(script), optionsFor(intervalMs));
      expect(tracks.map(({ trackId, personId, observations }) => [trackId, personId, observations])).toEqual([
        [1, 1, 24],
        [2, 2, 8],
      ]);
      expect([0, 8, 16, 39].map((frame) => frames[frame]?.faceTrackIds)).toEqual([[1], [2], [1], [1]]);
      expect(shots.map(({ startMs }) => startMs)).toEqual([0, 8 * intervalMs, 16 * intervalMs]);
      expect(tracks[0]?.segments.map(({ shot, observations }) => [shot, observations])).toEqual([
        [0, 8],
        [2, 16],
      ]);
      expect(tracks[0]?.link.reason).toBe('face-appearance');
    },
  );

  it.each([40, 100, 143, 150, 250])(
    'knows a face that moves by more than half its width from frame to frame, every %d ms',
    (intervalMs) => {
      const frames = Math.floor(2000 / intervalMs);
      const script = {
        frames,
        intervalMs,
        faces: (frame: number) => [faceOf(0, { x: 100 + 0.55 * frame * intervalMs, y: 250 })],
      };
      const result = followPeople(film(script), optionsFor(intervalMs));
      expect(result.tracks.map(({ observations }) => observations)).toEqual([frames]);
      expect(new Set(result.frames.flatMap(({ faceTrackIds }) => faceTrackIds))).toEqual(new Set([1]));
    },
  );

  it('leaves out who is seen twice in a row only, however sure, at 10 frames a second', () => {
    const script = {
      frames: 40,
      intervalMs: 100,
      faces: (frame: number) => [
        faceOf(0, { x: 300, y: 250 }),
        ...(frame === 20 || frame === 21 ? [faceOf(1, { x: 900, y: 250 })] : []),
      ],
    };
    const { tracks } = followPeople(film(script), optionsFor(100));
    expect(tracks.map(({ observations }) => observations)).toEqual([40]);
  });

  it('knows people in a shot whose pictures are ten times rarer than those of the shot before', () => {
    const dense = 50;
    const observed = film({
      frames: 90,
      intervalMs: 100,
      cuts: [dense],
      faces: (frame) =>
        frame < dense
          ? [faceOf(0, { x: 300, y: 250 })]
          : [faceOf(1, { x: 300, y: 250 }), faceOf(2, { x: 900, y: 250 })],
    }).map((frame) => ({
      ...frame,
      timestampMs: frame.index * 100 + Math.max(0, frame.index - dense) * 900,
    }));
    const { tracks } = followPeople(observed, optionsFor(100));
    expect(tracks.map(({ observations }) => observations)).toEqual([dense, 40, 40]);
  });

  it('lets an empty frame at the end of a short shot change nothing', () => {
    const times = [0, 100, 200, 300, 400, 500, 1300, 2100];
    const observed = film({
      frames: times.length,
      intervalMs: 100,
      cuts: [6],
      faces: (frame) => (frame < 7 ? [faceOf(frame < 6 ? 0 : 1, { x: 300, y: 250 })] : []),
    }).map((frame, i) => ({ ...frame, timestampMs: times[i] ?? 0 }));
    const whole = followPeople(observed, optionsFor(100));
    const shorter = followPeople(observed.slice(0, -1), optionsFor(100));
    expect(whole.tracks).toEqual(shorter.tracks);
  });

  it('keeps the ids of two people who cross at 10 frames a second', () => {
    const script = {
      frames: 60,
      intervalMs: 100,
      faces: (frame: number) => [
        faceOf(0, { x: 200 + frame * 15, y: 300 }),
        faceOf(1, { x: 1085 - frame * 15, y: 310 }),
      ],
    };
    const { frames } = followPeople(film(script), optionsFor(100));
    expect(frames.map(({ faceTrackIds }) => faceTrackIds)).toEqual(frames.map(() => [1, 2]));
  });

  it.each([17, 33, 100, 250, 1000])(
    'takes nobody for the person who was there five minutes before, a frame every %d ms',
    (intervalMs) => {
      const gone = film({
        frames: 80,
        intervalMs,
        faces: (frame) => [faceOf(frame < 40 ? 0 : 1, { x: 300, y: 300 })],
        poses: () => [poseOf({ x: 300, y: 300 })],
      }).map((frame) => ({ ...frame, timestampMs: frame.timestampMs + (frame.index < 40 ? 0 : 300_000) }));
      const { tracks } = followPeople(gone, optionsFor(intervalMs));
      expect(tracks.map(({ kind, observations }) => [kind, observations])).toEqual([
        ['face', 40],
        ['face', 40],
        ['pose', 40],
        ['pose', 40],
      ]);
    },
  );

  it('follows a walker at 10 frames a second over frames that are missing', () => {
    const walk = film({
      frames: 60,
      intervalMs: 100,
      faces: (frame) => [{ ...faceOf(0, { x: 200 + 12 * frame, y: 300 }), embedding: null }],
      poses: (frame) => [poseOf({ x: 200 + 12 * frame, y: 300 }, frame % 2)],
    }).filter(({ index }) => index < 10 || (index % 7 > 0 && !(index > 30 && index < 36)));
    const { tracks } = followPeople(walk, optionsFor(100));
    expect(tracks.map(({ observations }) => observations)).toEqual([walk.length, walk.length]);
  });

  it('keeps people apart without any appearance, by place and size', () => {
    const blind = (person: number, x: number) => ({ ...faceOf(person, { x, y: 300 }), embedding: null });
    const script = {
      frames: 20,
      intervalMs: 2000,
      faces: (frame: number) => [blind(0, 300 + 10 * (frame % 3)), blind(1, 800 - 10 * (frame % 2))],
    };
    const { frames } = followPeople(film(script), optionsFor(2000));
    expect(frames.map(({ faceTrackIds }) => faceTrackIds)).toEqual(frames.map(() => [1, 2]));
  });

  it('gives a face and the body under it one person, and two people of one frame never one', () => {
    const heads = (frame: number) => [
      { x: 300 + frame, y: 200 },
      { x: 800, y: 220 + frame },
    ];
    const script = {
      frames: 12,
      intervalMs: 500,
      // Both look alike: only that they are seen together tells them apart.
      faces: (frame: number) => heads(frame).map((head) => faceOf(5, head)),
      poses: (frame: number) => heads(frame).map((head) => poseOf(head)),
    };
    const { tracks } = followPeople(film(script), optionsFor(500));
    expect(tracks.map(({ kind, trackId, personId }) => [kind, trackId, personId])).toEqual([
      ['face', 1, 1],
      ['face', 2, 2],
      ['pose', 1, 1],
      ['pose', 2, 2],
    ]);
  });

  it('gives nobody the body that is elsewhere in the same frame, though its clothes are his', () => {
    // His face alone and somebody from behind in the same shirt, then face and body of him.
    const [here, there] = [
      { x: 200, y: 300 },
      { x: 1000, y: 200 },
    ];
    const script = {
      frames: 20,
      intervalMs: 2000,
      cuts: [10],
      faces: () => [faceOf(1, here)],
      poses: (frame: number) => [poseOf(frame < 10 ? there : here, 3)],
    };
    const { tracks } = followPeople(film(script), optionsFor(2000));
    expect(tracks.map(({ kind, personId, observations }) => [kind, personId, observations])).toEqual([
      ['face', 1, 20],
      ['pose', 2, 10],
      ['pose', 1, 10],
    ]);
  });

  it('knows a body by its face across a cut, and says so', () => {
    const script = {
      frames: 12,
      intervalMs: 1000,
      cuts: [6],
      faces: (frame: number) => [faceOf(2, { x: frame < 6 ? 300 : 900, y: 200 })],
      poses: (frame: number) => [poseOf({ x: frame < 6 ? 300 : 900, y: 200 })],
    };
    const { tracks } = followPeople(film(script), optionsFor(1000));
    expect(tracks.map(({ kind, observations, link }) => [kind, observations, link.reason])).toEqual([
      ['face', 12, 'face-appearance'],
      ['pose', 12, 'face-appearance'],
    ]);
  });

  it('knows a body without a face by its clothes', () => {
    const script = {
      frames: 12,
      intervalMs: 1000,
      cuts: [6],
      poses: (frame: number) => [poseOf({ x: frame < 6 ? 300 : 900, y: 200 }, 3)],
    };
    const { tracks } = followPeople(film(script), optionsFor(1000));
    expect(tracks.map(({ observations, link }) => [observations, link.reason])).toEqual([
      [12, 'torso-appearance'],
    ]);
  });

  it('does not take two people in black for one, across a cut or one after the other', () => {
    const apart = film({
      frames: 12,
      intervalMs: 1000,
      cuts: [6],
      poses: (frame) => [inBlack(frame < 6 ? 300 : 900)],
    });
    expect(followPeople(apart, optionsFor(1000)).tracks.map(({ observations }) => observations)).toEqual([
      6, 6,
    ]);
    // One leaves to the right; seven seconds later another comes in from the left.
    const inTurn = film({
      frames: 20,
      intervalMs: 1000,
      poses: (frame) => (frame < 7 ? [inBlack(600 + 80 * frame)] : frame < 14 ? [] : [inBlack(300)]),
    });
    expect(followPeople(inTurn, optionsFor(1000)).tracks.map(({ observations }) => observations)).toEqual([
      7, 6,
    ]);
  });

  it.each([
    ['two ids to two people who swap places across a cut in different clothes', [3, 4], [12, 12]],
    ['another id after the cut where their clothes are the same', [3, 3], [6, 6, 6, 6]],
  ])('gives %s', (_name, wearers, observations) => {
    const script = {
      frames: 12,
      intervalMs: 1000,
      cuts: [6],
      poses: (frame: number) =>
        (frame < 6 ? wearers : wearers.toReversed()).map((wearer, i) =>
          poseOf({ x: 300 + 600 * i, y: 200 }, wearer),
        ),
    };
    const { tracks } = followPeople(film(script), optionsFor(1000));
    expect(tracks.map((track) => track.observations)).toEqual(observations);
  });

  it('follows somebody in black who sets off at a walk', () => {
    const walk = film({
      frames: 12,
      intervalMs: 1000,
      poses: (frame) => [inBlack(200 + 200 * Math.max(0, frame - 7))],
    });
    expect(followPeople(walk, optionsFor(1000)).tracks.map(({ observations }) => observations)).toEqual([12]);
  });

  it('knows nobody by a face in profile: cheeks and ears are much alike', () => {
    const profile = (x: number) => {
      const face = faceOf(1, { x, y: 200 });
      const landmarks = [
        [0, -20],
        [2, -20],
        [10, 0],
        [0, 20],
        [2, 20],
      ].map(([dx = 0, dy = 0]) => ({ x: x + dx, y: 200 + dy }));
      return { ...face, landmarks };
    };
    const cut = film({
      frames: 12,
      intervalMs: 1000,
      cuts: [6],
      faces: (frame) => [profile(frame < 6 ? 300 : 900)],
    });
    expect(followPeople(cut, optionsFor(1000)).tracks.map(({ observations }) => observations)).toEqual([
      6, 6,
    ]);
  });

  it('lets faces lead their bodies when these pass each other unseen between two frames', () => {
    const script = {
      frames: 2,
      intervalMs: 2000,
      faces: (frame: number) => [
        faceOf(0, { x: frame === 0 ? 400 : 800, y: 200 }),
        faceOf(1, { x: frame === 0 ? 800 : 400, y: 200 }),
      ],
      poses: (frame: number) => [
        poseOf({ x: frame === 0 ? 400 : 800, y: 200 }),
        poseOf({ x: frame === 0 ? 800 : 400, y: 200 }),
      ],
    };
    const { frames } = followPeople(film(script), optionsFor(2000));
    expect(frames.map(({ faceTrackIds, poseTrackIds }) => [faceTrackIds, poseTrackIds])).toEqual([
      [
        [1, 2],
        [1, 2],
      ],
      [
        [1, 2],
        [1, 2],
      ],
    ]);
  });

  it('numbers tracks densely, in order of appearance and from left to right', () => {
    const script = {
      frames: 10,
      intervalMs: 500,
      faces: (frame: number) => [
        ...(frame >= 4 ? [faceOf(0, { x: 100, y: 200 })] : []),
        faceOf(1, { x: 900, y: 200 }),
        faceOf(2, { x: 500, y: 200 }),
      ],
    };
    const { frames } = followPeople(film(script), optionsFor(500));
    expect(frames[0]?.faceTrackIds).toEqual([2, 1]);
    expect(frames[9]?.faceTrackIds).toEqual([3, 2, 1]);
  });

  it('believes a single sighting from a sure detector only', () => {
    const once = (confidence: number) => [{ ...faceOf(0, { x: 300, y: 200 }), confidence }];
    const lone = (confidence: number) =>
      followPeople(
        film({ frames: 3, intervalMs: 2000, faces: (frame) => (frame === 1 ? once(confidence) : []) }),
        optionsFor(2000),
      ).frames[1]?.faceTrackIds;
    expect(lone(0.9)).toEqual([1]);
    expect(lone(0.55)).toEqual([null]);
  });

  it('takes a face and its body at one instant for a single sighting, for which the surer of them vouches', () => {
    const at = (faceConfidence: number, bodyConfidence: number) => {
      const once = film({
        frames: 3,
        intervalMs: 2000,
        faces: (frame) =>
          frame === 1 ? [{ ...faceOf(0, { x: 300, y: 200 }), confidence: faceConfidence }] : [],
        poses: (frame) =>
          frame === 1 ? [{ ...poseOf({ x: 300, y: 200 }), confidence: bodyConfidence }] : [],
      });
      const { frames, tracks } = followPeople(once, optionsFor(2000));
      return [frames[1]?.faceTrackIds, frames[1]?.poseTrackIds, tracks.map(({ personId }) => personId)];
    };
    expect(at(0.5, 0.5)).toEqual([[null], [null], []]);
    expect(at(0.5, 0.7)).toEqual([[1], [1], [1, 1]]);
    expect(at(0.7, 0.5)).toEqual([[1], [1], [1, 1]]);
  });

  it.each([0.001, 0.1])(
    'follows somebody where every other sample shows the picture %d ms after that before',
    (apartMs) => {
      const seen = (frame: number) => frame < 20 || frame > 23;
      const pairs = film({
        frames: 40,
        intervalMs: 2000,
        faces: (frame) => (seen(frame) ? [faceOf(0, { x: 300 + frame, y: 200 })] : []),
        poses: (frame) => (seen(frame) ? [poseOf({ x: 300 + frame, y: 200 }, 0)] : []),
      }).map((frame, i) => ({ ...frame, timestampMs: 4000 * Math.floor(i / 2) + apartMs * (i % 2) }));
      const { tracks } = followPeople(pairs, optionsFor(2000));
      expect(tracks.map(({ observations }) => observations)).toEqual([36, 36]);
      const once = followPeople(pairs.slice(0, 2), optionsFor(2000));
      expect(once.tracks.map(({ observations }) => observations)).toEqual([2, 2]);
    },
    5000,
  );

  it('needs three sightings in a row at the published rate', () => {
    const blink = film({
      frames: 20,
      intervalMs: 100,
      faces: (frame) => (frame === 3 || frame === 4 ? [faceOf(0, { x: 300, y: 200 })] : []),
    });
    expect(followPeople(blink, optionsFor(100)).tracks).toEqual([]);
  });

  it('interpolates only when asked, between sightings of one shot, and counts none of it', () => {
    const script = {
      frames: 9,
      intervalMs: 500,
      cuts: [6],
      faces: (frame: number) =>
        frame === 2 || frame === 5 ? [] : [faceOf(0, { x: 300 + 10 * frame, y: 200 })],
      poses: (frame: number) => (frame === 2 || frame === 5 ? [] : [poseOf({ x: 300 + 10 * frame, y: 200 })]),
    };
    const plain = followPeople(film(script), optionsFor(500));
    expect(plain.frames.flatMap(({ interpolatedFaces }) => interpolatedFaces)).toEqual([]);

    const { frames, tracks } = followPeople(film(script), optionsFor(500, { interpolate: true }));
    expect(frames[2]?.interpolatedFaces).toMatchObject([
      { trackId: 1, observation: { box: { x: 280, y: 150, width: 80, height: 100 }, embedding: null } },
    ]);
    expect(frames[2]?.interpolatedPoses[0]?.observation.landmarks[0]?.x).toBeCloseTo(310, 9);
    expect(frames[5]?.interpolatedFaces).toEqual([]);
    expect(tracks.map(({ observations }) => observations)).toEqual([7, 7]);
  });

  it('fills no face away from the body that is seen there, and no body away from the face', () => {
    const place = (frame: number) => ({ x: frame === 3 ? 500 : 300, y: 200 });
    const isEnd = (frame: number) => frame < 2 || frame > 4;
    const face = (frame: number) => [faceOf(0, place(frame))];
    const pose = (frame: number) => [poseOf(place(frame), 1)];
    const filled = (script: Pick<Script, 'faces' | 'poses'>) =>
      followPeople(
        film({ frames: 7, intervalMs: 1000, ...script }),
        optionsFor(1000, { interpolate: true }),
      ).frames.map(({ interpolatedFaces, interpolatedPoses }) => [
        interpolatedFaces.length,
        interpolatedPoses.length,
      ]);
    const none = [0, 0];
    expect(filled({ faces: (frame) => (isEnd(frame) ? face(frame) : []), poses: pose })).toEqual([
      none,
      none,
      [1, 0],
      none,
      [1, 0],
      none,
      none,
    ]);
    expect(filled({ faces: face, poses: (frame) => (isEnd(frame) ? pose(frame) : []) })).toEqual([
      none,
      none,
      [0, 1],
      none,
      [0, 1],
      none,
      none,
    ]);
  });

  it('fills no face away from where the body is filled in', () => {
    // Seen to go away and come back with his back turned, but for a moment in the middle.
    const xs = [300, 300, 500, 700, 500, 300, 300];
    const place = (frame: number) => ({ x: xs[frame] ?? 300, y: 200 });
    const script = {
      frames: 7,
      intervalMs: 1000,
      faces: (frame: number) => (frame < 2 || frame > 4 ? [faceOf(0, place(frame))] : []),
      poses: (frame: number) => (frame === 3 ? [] : [poseOf(place(frame), 1)]),
    };
    const { frames } = followPeople(film(script), optionsFor(1000, { interpolate: true }));
    expect(frames.map(({ interpolatedPoses }) => interpolatedPoses.length)).toEqual([0, 0, 0, 1, 0, 0, 0]);
    expect(frames.flatMap(({ interpolatedFaces }) => interpolatedFaces)).toEqual([]);
  });

  it('fills no absence that is longer than a track lives', () => {
    const away = (frame: number) => frame > 3 && frame < 28;
    const script = {
      frames: 31,
      intervalMs: 500,
      faces: (frame: number) => (away(frame) ? [] : [faceOf(0, { x: 300, y: 200 })]),
    };
    const filled = (maxAgeSeconds: number) =>
      followPeople(film(script), optionsFor(500, { interpolate: true, maxAgeSeconds })).frames.flatMap(
        ({ interpolatedFaces }) => interpolatedFaces,
      ).length;
    expect([filled(10), filled(20)]).toEqual([0, 24]);
  });

  it.each([24, 25, 30])(
    'fills absences of just that length in a film of %d pictures in 1.001 s',
    (pictures) => {
      // A frame every two seconds, or rather the picture shown then; every fifth shows the face.
      const pictureMs = 1001 / pictures;
      const seen = film({
        frames: 31,
        intervalMs: 2000,
        faces: (frame) => (frame % 5 === 0 ? [faceOf(0, { x: 300, y: 200 })] : []),
      }).map((frame) => ({ ...frame, timestampMs: Math.floor(frame.timestampMs / pictureMs) * pictureMs }));
      const { frames } = followPeople(seen, optionsFor(2000, { interpolate: true }));
      expect(frames.flatMap(({ interpolatedFaces }) => interpolatedFaces)).toHaveLength(24);
    },
  );

  it('has nothing to say about a video in which nobody is seen', () => {
    expect(followPeople(film({ frames: 3, intervalMs: 500 }), optionsFor(500))).toMatchObject({
      tracks: [],
      frames: [{ faceTrackIds: [] }, { faceTrackIds: [] }, { faceTrackIds: [] }],
      shots: [{ index: 0, startMs: 0, endMs: 1000 }],
    });
    expect(followPeople([], optionsFor(500))).toEqual({ frames: [], tracks: [], shots: [] });
  });

  it('takes a middling likeness for a cut only where the encoder saw a new scene as well', () => {
    const likeness = (value: number) => ({ histogramIntersection: value, greyCorrelation: value });
    const values = [1, 0.75, 1, 0.75, 0.65, 1];
    const frames = film({ frames: 6, intervalMs: 1000, faces: () => [faceOf(0, { x: 300, y: 200 })] }).map(
      (frame, i) => (i === 0 ? frame : { ...frame, similarityToPrevious: likeness(values[i] ?? 1) }),
    );
    const starts = (sceneHintsMs: number[]) =>
      followPeople(frames, optionsFor(1000, { sceneHintsMs })).shots.map(({ startMs }) => startMs);
    expect(starts([])).toEqual([0, 4000]);
    expect(starts([500, 700, 1500, 5000])).toEqual([0, 1000, 4000]);
  });
});

describe('followPeople refuses', () => {
  const withBox = (box: Partial<FrameObservations['faces'][number]['box']>) => {
    const face = faceOf(0, { x: 300, y: 200 });
    return film({ frames: 1, intervalMs: 500, faces: () => [{ ...face, box: { ...face.box, ...box } }] });
  };

  it.each([
    ['a box that is not a number', { x: Number.NaN }, /face 0 of frame 0: box \[NaN, .* is not finite/],
    ['a box without area', { width: 0 }, /has no area/],
    ['a box of no size', { width: 1e-200 }, /face 0 of frame 0: box \[.* is smaller than 0.000001 pixels/],
    [
      'a box of no picture',
      { x: -2e9, width: 4e9 },
      /box \[-2000000000, .* reaches beyond 1000000000 pixels/,
    ],
    ['a box outside the picture', { x: 1300 }, /lies outside the picture of 1280x720/],
  ])('%s', (_name, box, message) => {
    expect(() => followPeople(withBox(box), optionsFor(500))).toThrow(message);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -0.1, 1.1])('a confidence of %d', (confidence) => {
    const faces = () => [{ ...faceOf(0, { x: 300, y: 200 }), confidence }];
    const poses = () => [{ ...poseOf({ x: 300, y: 200 }), confidence }];
    const follow = (seen: Partial<Script>) =>
      followPeople(film({ frames: 1, intervalMs: 500, ...seen }), optionsFor(500));
    expect(() => follow({ faces })).toThrow(`face 0 of frame 0: its confidence ${confidence} is not within`);
    expect(() => follow({ poses })).toThrow(`pose 0 of frame 0: its confidence ${confidence} is not within`);
  });

  it.each([Number.NaN, Number.NEGATIVE_INFINITY, 2e9])('a landmark at %d', (x) => {
    const face = { ...faceOf(0, { x: 300, y: 200 }), landmarks: [0, 1, 2, 3, 4].map((y) => ({ x: 9, y })) };
    const pose = poseOf({ x: 300, y: 200 });
    const moved = <Landmark extends { x: number }>(landmarks: readonly Landmark[]) =>
      landmarks.map((landmark, i) => (i === 4 ? { ...landmark, x } : landmark));
    const follow = (seen: Partial<Script>) =>
      followPeople(film({ frames: 1, intervalMs: 500, ...seen }), optionsFor(500));
    const faces = () => [{ ...face, landmarks: moved(face.landmarks) }];
    expect(() => follow({ faces })).toThrow(
      `face 0 of frame 0: landmark 4, [${x}, 4], is not within 1000000000`,
    );
    const poses = () => [{ ...pose, landmarks: moved(pose.landmarks) }];
    expect(() => follow({ poses })).toThrow(
      `pose 0 of frame 0: landmark 4, [${x}, 195], is not within 1000000000`,
    );
  });

  it('an appearance vector without a direction', () => {
    const face = { ...faceOf(0, { x: 300, y: 200 }), embedding: new Float32Array(24) };
    const frames = film({ frames: 1, intervalMs: 500, faces: () => [face] });
    expect(() => followPeople(frames, optionsFor(500))).toThrow(/no direction/);
  });

  it('appearance vectors of different lengths, where they are of one kind', () => {
    const face = faceOf(0, { x: 300, y: 200 });
    const shorter = { ...face, embedding: new Float32Array(10).fill(1) };
    const changing = film({ frames: 2, intervalMs: 500, faces: (frame) => [frame === 0 ? face : shorter] });
    expect(() => followPeople(changing, optionsFor(500))).toThrow(
      /face 0 of frame 1: its appearance vector has 10 numbers, those before it 24/,
    );
    const pose = poseOf({ x: 300, y: 200 }, 1);
    const differing = film({ frames: 2, intervalMs: 500, faces: () => [shorter], poses: () => [pose] });
    expect(() => followPeople(differing, optionsFor(500))).not.toThrow();
  });

  it('frames that go back in time', () => {
    const [a, b] = film({ frames: 2, intervalMs: 500 });
    expect(() =>
      followPeople(
        [b, a].filter((frame) => frame !== undefined),
        optionsFor(500),
      ),
    ).toThrow(/does not follow/);
  });
});
