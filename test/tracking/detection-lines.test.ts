import { describe, expect, it } from '@jest/globals';
import { parseDetectionLines, readDetectionLines } from '../../src/tracking/detection-lines.ts';

const line = (n: number, t: number, box = [10, 20, 30, 40]) =>
  JSON.stringify({ n, frame: n, t, dets: [{ box, score: 0.5, feature: [0.6, 0.8] }] });

describe('parseDetectionLines', () => {
  it('reads one frame a line, and leaves out blank lines', () => {
    const frames = parseDetectionLines(`${line(1, 0)}\n\n${line(3, 0.08)}\n`);
    expect(frames.map(({ number, timeMs }) => [number, timeMs])).toEqual([
      [1, 0],
      [3, 80],
    ]);
    expect(frames[0]?.detections[0]).toMatchObject({
      tlwh: { x: 10, y: 20, width: 30, height: 40 },
      confidence: 0.5,
    });
    expect(frames[0]?.detections[0]?.look?.inverseLength).toBeCloseTo(1, 6);
  });

  it('needs no features, and takes the scores of any detector', () => {
    const [frame] = parseDetectionLines('{"n":1,"t":0,"dets":[{"box":[0,0,1,1],"score":-12.5}]}');
    expect(frame?.detections[0]).toMatchObject({ look: null, confidence: -12.5 });
  });

  it('takes a byte order mark, and refuses boxes outside a picture whose size is known', () => {
    const picture = { width: 640, height: 480 };
    expect(parseDetectionLines(`\uFEFF${line(1, 0)}`, picture)).toHaveLength(1);
    const outside = line(1, 0, [5000, 5000, 40, 100]);
    expect(parseDetectionLines(outside)).toHaveLength(1);
    expect(() => parseDetectionLines(outside, picture)).toThrow(/outside the picture of 640x480/);
  });

  it.each([0, 1_764_000_000])('takes a thousand frames a second from %d s on', (start) => {
    const lines = Array.from({ length: 1000 }, (_, i) => line(i, start + i / 1000));
    expect(parseDetectionLines(lines.join('\n'))).toHaveLength(1000);
  });

  it.each([
    ['text that is not JSON', 'hello', /line 1: it is not JSON/],
    ['a line without detections', '{"n":1,"t":0}', /line 1: dets/],
    ['a box without area', line(1, 0, [0, 0, 0, 5]), /line 1, detection 0: box \[0, 0, 0, 5\] has no area/],
    [
      'coordinates of no picture',
      line(1, 0, [1e78, 20, 30, 40]),
      /line 1, detection 0: box \[1e\+78, 20, 30, 40\] reaches beyond 1000000000 pixels/,
    ],
    ['times that do not ascend', `${line(1, 1)}\n${line(2, 1)}`, /line 2: its time 1 s does not come after/],
    [
      'times closer than those of any camera',
      `${line(1, 0)}\n${line(2, 1e-9)}`,
      /line 2: its time 1e-9 s comes less than 1 ms after the line before/,
    ],
    ['a time beyond all numbers', line(1, 1e306), /line 1: its time 1e\+306 s is beyond all reckoning/],
    [
      'a box that is smaller than any picture',
      line(1, 0, [0, 0, 1e-200, 1e-200]),
      /line 1, detection 0: box \[0, 0, 1e-200, 1e-200\] is smaller than 0.000001 pixels/,
    ],
    ['numbers that repeat', `${line(2, 0)}\n${line(2, 1)}`, /line 2: its number 2 does not come after 2/],
    ['numbers that descend', `${line(2, 0)}\n${line(1, 1)}`, /line 2: its number 1 does not come after 2/],
    [
      'a feature without direction',
      '{"n":1,"t":0,"dets":[{"box":[0,0,1,1],"score":1,"feature":[0,0]}]}',
      /no direction/,
    ],
    [
      'features of different lengths',
      `${line(1, 0)}\n{"n":2,"t":1,"dets":[{"box":[0,0,1,1],"score":1,"feature":[1,0,0]}]}`,
      /line 2, detection 0: its appearance vector has 3 numbers, those before it 2/,
    ],
  ])('refuses %s', (_name, text, message) => {
    expect(() => parseDetectionLines(text)).toThrow(message);
  });
});

/** The text in pieces of so many characters. */
async function* inPieces(text: string, length: number): AsyncGenerator<string> {
  for (let start = 0; start < text.length; start += length) yield text.slice(start, start + length);
}

describe('readDetectionLines', () => {
  const text = `\uFEFF${line(1, 0)}\r\n\r\n${line(3, 0.08)}\n${line(4, 0.12)}`;

  it.each([1, 2, 7, 60, 1000])('reads the same from a text in pieces of %d', async (length) => {
    const frames = await readDetectionLines(inPieces(text, length));
    expect(frames).toEqual(parseDetectionLines(text));
    expect(frames).toHaveLength(3);
    const twice = inPieces(`${text}\n${line(4, 0.16)}`, length);
    await expect(readDetectionLines(twice)).rejects.toThrow('line 5: its number 4 does not come after 4');
  });

  it('reads a text that is longer than a string can be', async () => {
    const blank = `${' '.repeat(2 ** 20)}\n`;
    async function* pieces() {
      for (let i = 0; i < 520; i++) yield blank;
      yield line(1, 0);
    }
    expect(await readDetectionLines(pieces())).toHaveLength(1);
  });
});
