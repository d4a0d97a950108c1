import { describe, expect, it } from '@jest/globals';
import { addCounts, countMot, scores } from '../../eval/clear-mot.ts';
import { type MotRow, parseMotRows, readMotFile } from '../../eval/mot-files.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';

/** A row of a 10 x 10 box at the given x. */
const row = (frame: number, id: number, x: number): MotRow => ({
  frame,
  id,
  box: { x, y: 0, width: 10, height: 10 },
  scored: true,
  objectClass: null,
});

const FRAMES = [1, 2, 3, 4];
const TRUTH = FRAMES.flatMap((frame) => [row(frame, 1, 0), row(frame, 2, 100)]);

describe('countMot', () => {
  it('has nothing to say against the truth itself', () => {
    const counts = countMot(TRUTH, TRUTH, FRAMES);
    expect(scores(counts)).toEqual({ mota: 1, idf1: 1, recall: 1, precision: 1 });
    expect(counts).toMatchObject({ switches: 0, truthIds: 2, resultIds: 2 });
  });

  it('counts a change of id once, and the boxes after it against the identity', () => {
    const result = TRUTH.map((box) => (box.id === 1 && box.frame > 2 ? { ...box, id: 9 } : box));
    const counts = countMot(TRUTH, result, FRAMES);
    expect(counts).toMatchObject({ matches: 8, switches: 1, identityMatches: 6, resultIds: 3 });
    expect(scores(counts).mota).toBeCloseTo(1 - 1 / 8, 12);
    expect(scores(counts).idf1).toBeCloseTo(6 / 8, 12);
  });

  it('keeps a pair that still overlaps, though another would overlap more', () => {
    const truth = [row(1, 1, 0), row(2, 1, 0)];
    const result = [row(1, 5, 0), row(2, 5, 3), row(2, 6, 0)];
    expect(countMot(truth, result, [1, 2])).toMatchObject({ matches: 2, switches: 0 });
  });

  it('makes as many pairs as possible before it looks at how well they overlap', () => {
    const truth = [row(1, 1, 0), row(1, 2, 3)];
    // The first box fits both; the second fits only the first true one.
    const result = [row(1, 7, 0), row(1, 8, -3)];
    expect(countMot(truth, result, [1]).matches).toBe(2);
  });

  it('counts misses and false alarms, and only in the frames asked for', () => {
    const result = [row(1, 1, 0), row(1, 3, 500), row(2, 1, 500)];
    const counts = countMot(TRUTH, result, [1]);
    expect(counts).toMatchObject({ truthBoxes: 2, resultBoxes: 2, matches: 1 });
    expect(scores(counts)).toMatchObject({ mota: 0, recall: 0.5, precision: 0.5 });
  });

  it('scores neither rows marked so nor boxes on distractors', () => {
    const truth = [
      { ...row(1, 1, 0), objectClass: 1 },
      { ...row(1, 2, 100), objectClass: 8 },
      { ...row(1, 3, 200), objectClass: 1, scored: false },
    ];
    const result = [row(1, 1, 0), row(1, 2, 100)];
    expect(countMot(truth, result, [1])).toMatchObject({ truthBoxes: 1, resultBoxes: 1, matches: 1 });
  });

  it('adds sequences up', () => {
    const counts = countMot(TRUTH, TRUTH, FRAMES);
    expect(addCounts([counts, counts])).toMatchObject({ truthBoxes: 16, matches: 16, truthIds: 4 });
  });
});

describe('parseMotRows', () => {
  it('reads commas and blanks, and the flag of rows that are not scored', () => {
    expect(parseMotRows('1,7,10,20,30,40,0,-1,-1,-1\n2 8 1 2 3 4 1 -1 -1 -1\n\n', 'gt.txt')).toEqual([
      { frame: 1, id: 7, box: { x: 10, y: 20, width: 30, height: 40 }, scored: false, objectClass: null },
      { frame: 2, id: 8, box: { x: 1, y: 2, width: 3, height: 4 }, scored: true, objectClass: null },
    ]);
  });

  it('takes the eighth column for a class only where the ninth can be a visibility', () => {
    expect(parseMotRows('1,1,0,0,5,5,1,7,0.5', 'gt.txt')[0]?.objectClass).toBe(7);
    expect(parseMotRows('1,1,0,0,5,5,1,4.4,5.5,0', 'gt.txt')[0]?.objectClass).toBeNull();
    const worldCoordinates = parseMotRows('1,1,0,0,5,5,1,4,0.5,0\n2,1,0,0,5,5,1,4.4,5.5,0', 'gt.txt');
    expect(worldCoordinates.map(({ objectClass }) => objectClass)).toEqual([null, null]);
  });

  it('knows the classes of MOT20, whose crowd is 13', () => {
    const rows = parseMotRows('1,1,0,0,5,5,1,7,0.5\n1,2,0,0,5,5,0,13,1', 'gt.txt');
    expect(rows.map(({ objectClass }) => objectClass)).toEqual([7, 13]);
  });

  it.each([
    ['a header', 'frame,id,x,y,w,h\n1,1,0,0,5,5', 1, 'is no row of numbers'],
    ['a sentence', '1,1,0,0,5,5,1,7,0.5\n\nhello world this is not a row', 3, 'is no row of numbers'],
    ['a box without a height', '1,1,0,0,5', 1, 'is no row of numbers'],
    ['an empty column', '1,1,0,,5,5,1', 1, 'is no row of numbers'],
    [
      'no class beside rows with one',
      '1,1,0,0,5,5,1,7,0.5\n1,2,0,0,5,5,1,14,1',
      2,
      'has no class from 1 to 13',
    ],
  ])('refuses %s, and says where', (_name, text, line, problem) => {
    expect(() => parseMotRows(text, 'gt.txt')).toThrow(`gt.txt, line ${line}: it ${problem}`);
  });
});

describeWithShared('countMot on real truth', () => {
  it('agrees with the figures of an independent evaluator for a damaged copy of the truth', () => {
    const truth = readMotFile(sharedPath('tracking', 'mot', 'TUD-Stadtmitte', 'gt.txt'));
    const damaged = truth
      .filter((_, i) => i % 7 !== 0)
      .map((one, i) => ({
        ...one,
        id: one.id + (one.frame > 90 && one.id % 2 === 0 ? 100 : 0),
        box: { ...one.box, x: one.box.x + ((i * 13) % 31) },
      }));
    const frames = Array.from({ length: 179 }, (_, i) => i + 1);
    const counts = countMot(truth, damaged, frames);
    expect(counts).toMatchObject({
      truthBoxes: 1156,
      resultBoxes: 990,
      matches: 552,
      switches: 26,
      identityMatches: 468,
      truthIds: 10,
      resultIds: 13,
    });
  });
});
