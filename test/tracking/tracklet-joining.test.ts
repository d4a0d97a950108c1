import { describe, expect, it } from '@jest/globals';
import type { FaceBodyVotes } from '../../src/tracking/face-body-linking.ts';
import { type Look, toLook } from '../../src/tracking/look.ts';
import type { Person } from '../../src/tracking/person-group.ts';
import type { Kind, Tracklet, TrackletSighting } from '../../src/tracking/tracklet.ts';
import { TrackletJoining, type TrackletLinks } from '../../src/tracking/tracklet-joining.ts';
import { seededRandom } from '../../tools/seeded-random.ts';
import { looksOf } from './synthetic-video.ts';

const OPTIONS = { maxDistance: { face: 0.5, pose: 0.2 } };

/** What was seen at each sighting of this file. */
const LOOKS = new Map<TrackletSighting, Look>();

function tracklet(
  kind: Kind,
  shot: number,
  frames: readonly number[],
  vectors: readonly Float32Array[],
): Tracklet {
  const sightings = frames.map((frame) => ({ frame, detection: 0, timeMs: frame * 500, confidence: 0.9 }));
  const recognizable = vectors.map((vector, i) => {
    const sighting = { frame: frames[i] ?? 0, detection: i, timeMs: 0, confidence: 0.9 };
    LOOKS.set(sighting, toLook(vector));
    return sighting;
  });
  return { kind, shot, confidence: 1, sightings, recognizable };
}

const face = (shot: number, frames: readonly number[], ...vectors: Float32Array[]) =>
  tracklet('face', shot, frames, vectors);
const pose = (shot: number, frames: readonly number[], ...vectors: Float32Array[]) =>
  tracklet('pose', shot, frames, vectors);

/** A face and a body that agree in so many of the frames that show both. */
const votes = (one: Tracklet, body: Tracklet, agreements: number, together: number): FaceBodyVotes => ({
  face: one,
  pose: body,
  agreements,
  together,
  offset: 0,
});

function joinTracklets(tracklets: readonly Tracklet[], known: TrackletLinks): Person[] {
  const joining = new TrackletJoining(() => LOOKS, OPTIONS);
  joining.add(tracklets, known);
  return joining.finish();
}

function groups(tracklets: readonly Tracklet[], faceBodyVotes: readonly FaceBodyVotes[] = []): number[][] {
  return joinTracklets(tracklets, { stitches: [], faceBodyVotes }).map((person) =>
    person.tracklets.map((member) => tracklets.indexOf(member)).sort((a, b) => a - b),
  );
}

/** The direction between two people's. */
function between(a: number, b: number): Float32Array {
  const [from, to] = [looksOf(a), looksOf(b)];
  return from.map((value, i) => value + (to[i] ?? 0));
}

describe('TrackletJoining', () => {
  it('joins those who look alike, and nobody else', () => {
    const members = [face(0, [0], looksOf(1)), face(1, [1], looksOf(2)), face(2, [2], looksOf(1))];
    expect(groups(members)).toEqual([[0, 2], [1]]);
  });

  it('never joins two who are seen in one frame, however alike', () => {
    expect(groups([face(0, [0, 1], looksOf(1)), face(0, [1, 2], looksOf(1))])).toEqual([[0], [1]]);
  });

  it('keeps that through a third who looks like both', () => {
    const twins = [face(0, [0], looksOf(1)), face(0, [0], looksOf(1)), face(1, [1], looksOf(1))];
    expect(groups(twins).map((group) => group.length)).toEqual([2, 1]);
  });

  it('never joins a face and a body that are mostly seen apart, however alike those are who were seen with both', () => {
    const alone = face(0, [0, 1, 2], looksOf(1));
    const other = pose(0, [0, 1, 2], looksOf(10));
    const both = [face(1, [3], looksOf(1)), pose(1, [3], looksOf(10))] as const;
    const members = [alone, other, ...both];
    const found = (agreements: number) =>
      groups(members, [votes(alone, other, agreements, 3), votes(...both, 1, 1)]);
    expect(found(0)).toEqual([[0, 2, 3], [1]]);
    expect(found(1)).toEqual([[0, 2, 3], [1]]);
    expect(found(2)).toEqual([[0, 1, 2, 3]]);
  });

  it('links a face that was lost and found to its body, though once it was not at the head', () => {
    const [before, after] = [face(0, [0, 1, 2]), face(0, [4])];
    const body = pose(0, [0, 1, 2, 3, 4]);
    const known = {
      stitches: [{ before, after, confidence: 0.9 }],
      faceBodyVotes: [votes(before, body, 3, 3), votes(after, body, 0, 1)],
    };
    expect(joinTracklets([before, after, body], known)).toHaveLength(1);
  });

  it('does not chain strangers together over somebody in between', () => {
    const chain = [
      face(0, [0], looksOf(1), looksOf(1)),
      face(1, [1], between(1, 2)),
      face(2, [2], looksOf(2), looksOf(2)),
    ];
    // Who is in between is as near to the one as to the other.
    expect(
      groups(chain)
        .map((group) => group.length)
        .toSorted((a, b) => a - b),
    ).toEqual([1, 2]);
  });

  it('knows somebody from the looks that agree, though most do not', () => {
    const frontal = [looksOf(1), looksOf(1), looksOf(1)];
    const turning = [looksOf(1), looksOf(7), looksOf(8)];
    expect(groups([face(0, [0, 1, 2], ...frontal), face(1, [3, 4, 5], ...turning)])).toEqual([[0, 1]]);
  });

  it('lets the clothes decide between faces that leave it open', () => {
    const members = [
      face(0, [0], looksOf(1)),
      pose(0, [0], looksOf(10)),
      face(0, [0], looksOf(2)),
      pose(0, [0], looksOf(11)),
      face(1, [1], between(1, 2)),
      pose(1, [1], looksOf(11)),
    ];
    const [a, aBody, b, bBody, c, cBody] = members as [
      Tracklet,
      Tracklet,
      Tracklet,
      Tracklet,
      Tracklet,
      Tracklet,
    ];
    // Two bodies of one frame: the second is listed as another detection.
    const links = [votes(a, aBody, 1, 1), votes(b, bBody, 1, 1), votes(c, cBody, 1, 1)];
    expect(groups(members, links)).toEqual([
      [0, 1],
      [2, 3, 4, 5],
    ]);
  });

  it('does not add clothes that prove nothing to faces that leave it open', () => {
    const away = (distance: number) => Float32Array.of(1 - distance, Math.sqrt(1 - (1 - distance) ** 2));
    const members = [
      face(0, [0], away(0)),
      pose(0, [0], away(0)),
      // 0.3 nats for one person by the face, 0.75 by the clothes.
      face(1, [1], away(0.47)),
      pose(1, [1], away(0.15)),
    ] as const;
    const links = [votes(members[0], members[1], 1, 1), votes(members[2], members[3], 1, 1)];
    expect(groups(members, links)).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  it('knows nobody by clothes that two people wear at once, also where one is seen alone in them', () => {
    const together = [pose(0, [0], looksOf(10)), pose(0, [0], looksOf(10)), pose(0, [0], looksOf(11))];
    const again = [pose(1, [1], looksOf(10)), pose(1, [1], looksOf(10)), pose(1, [1], looksOf(11))];
    const alone = [pose(2, [2], looksOf(10)), pose(3, [3], looksOf(10)), pose(4, [4], looksOf(11))];
    expect(groups([...together, ...again, ...alone])).toEqual([[0], [1], [2, 5, 8], [3], [4], [6], [7]]);
    expect(groups(alone)).toEqual([[0, 1], [2]]);
  });

  it('lets faces decide alone between people in equal clothes', () => {
    const shot = (number: number, people: readonly number[]) =>
      people.flatMap((person) => [
        face(number, [number], looksOf(person)),
        pose(number, [number], looksOf(10)),
      ]);
    const members = [...shot(0, [1, 2]), ...shot(1, [2, 1])];
    const links = [0, 2, 4, 6].map((i) => votes(members[i] as Tracklet, members[i + 1] as Tracklet, 1, 1));
    expect(groups(members, links)).toEqual([
      [0, 1, 6, 7],
      [2, 3, 4, 5],
    ]);
  });

  it('is as sure of clothes as they are more alike than those of two people', () => {
    const away = (distance: number) => Float32Array.of(1 - distance, Math.sqrt(1 - (1 - distance) ** 2));
    const [first, again] = [pose(0, [0], away(0)), pose(1, [1], away(0))];
    const sure = (...others: Tracklet[]) =>
      joinTracklets([first, ...others, again], { stitches: [], faceBodyVotes: [] })[0]?.links.pose;
    const probability = (nats: number) => expect.closeTo(1 / (1 + Math.exp(-nats)), 4);
    expect(sure()).toEqual({ confidence: probability(3), reason: 'torso-appearance' });
    expect(sure(pose(0, [0], away(0.15)))?.confidence).toEqual(probability(3 - 0.75));
  });

  it('tells the weakest reason and how sure it is', () => {
    const near = Float32Array.from(looksOf(1), (value, i) => value + (i === 5 ? 0.9 : 0));
    const [person] = joinTracklets([face(0, [0], looksOf(1)), face(1, [1], near)], {
      stitches: [],
      faceBodyVotes: [],
    });
    expect(person?.links.face.reason).toBe('face-appearance');
    expect(person?.links.face.confidence).toBeGreaterThan(0.5);
    expect(person?.links.face.confidence).toBeLessThan(0.95);
    expect(person?.links.pose).toEqual({ confidence: 1, reason: 'continuous' });
  });

  it('knows people again over more tracklets than it compares at a time', () => {
    const random = seededRandom(3);
    const members = Array.from({ length: 900 }, (_, i) => face(i, [i], looksOf(i % 5, random)));
    expect(groups(members).map((group) => group.length)).toEqual([180, 180, 180, 180, 180]);
  });

  it('loses nobody when there are more strangers than it compares at a time', () => {
    const random = seededRandom(4);
    const stranger = () => Float32Array.from({ length: 64 }, () => random() - 0.5);
    const members = Array.from({ length: 700 }, (_, i) => face(i, [i], stranger()));
    const found = groups(members);
    expect(found.flat().sort((a, b) => a - b)).toEqual([...members.keys()]);
  });
});
