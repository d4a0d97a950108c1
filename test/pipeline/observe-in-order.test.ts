import { describe, expect, it } from '@jest/globals';
import type { Frame } from '../../src/media/frame.ts';
import type { Engines } from '../../src/pipeline/engines.ts';
import type { Sights } from '../../src/pipeline/observe-frame.ts';
import { observeInOrder } from '../../src/pipeline/observe-in-order.ts';
import { Stopwatch } from '../../src/pipeline/stopwatch.ts';
import type { FrameObservations } from '../../src/tracking/observations.ts';
import { assistedBy } from '../helpers/assisted.ts';
import { brightnessEngines, grey } from '../helpers/brightness-engines.ts';

const NEVER = new AbortController().signal;
const NOTHING_BEFORE: { samples: number; last: Sights | undefined } = { samples: 0, last: undefined };

/** Pictures of these brightnesses, in one piece of memory as a decoder's are: a number that comes again stands still, '=' is shown longer. */
async function* film(...pictures: (number | '=')[]): AsyncGenerator<Frame> {
  const memory = [grey(0), grey(0)];
  let latest: Frame | undefined;
  for (const [index, picture] of pictures.entries()) {
    const about = { index, timestampMs: 40 * index };
    if (picture === '=' && latest !== undefined) {
      latest = { ...latest, ...about, repeatsPrevious: true, equalsPrevious: true };
    } else {
      const image = memory[index % memory.length] ?? grey(0);
      const equalsPrevious = picture === latest?.data[0];
      image.data.fill(Number(picture));
      latest = { ...image, ...about, repeatsPrevious: false, equalsPrevious };
    }
    yield latest;
    // Whoever looks elsewhere has its turn.
    await new Promise(setImmediate);
  }
}

async function observe(
  frames: AsyncIterable<Frame>,
  engines: Engines,
  { before = NOTHING_BEFORE, signal = NEVER } = {},
) {
  const options = { source: { width: 8, height: 4 }, detectPoses: true };
  const seen: (FrameObservations | null)[] = [];
  const looking = { engines, options, watch: new Stopwatch(), signal };
  for await (const sample of observeInOrder(frames, before, looking)) seen.push(sample);
  return seen;
}

const FILM = [10, 20, 20, '=', 30, 30, 40, '=', '=', 50, 60, 70, 70, 80, 90, 100, 110, 120] as const;

describe('observeInOrder', () => {
  it('notes each sample in its turn: new pictures, equal ones and those still shown', async () => {
    const seen = await observe(film(10, 20, 20, '=', 30), brightnessEngines());
    expect(seen.map((sample) => sample && [sample.index, sample.faces[0]?.confidence])).toEqual([
      [0, 10 / 255],
      [1, 20 / 255],
      [2, 20 / 255],
      null,
      [4, 30 / 255],
    ]);
    expect(seen.map((sample) => sample?.equalsPrevious)).toEqual([
      undefined,
      undefined,
      true,
      undefined,
      undefined,
    ]);
    expect(seen[0]?.similarityToPrevious).toBeNull();
    expect(seen[2]?.similarityToPrevious).toMatchObject({ histogramIntersection: 1 });
  });

  it('notes the same with an assistant, which looks at some of the pictures', async () => {
    const alone = await observe(film(...FILM), brightnessEngines());
    const looks = { here: 0, elsewhere: 0 };
    const { assistant, assisting } = await assistedBy(brightnessEngines({ onLook: () => looks.elsewhere++ }));
    const own = brightnessEngines({ onLook: () => looks.here++ });
    expect(await observe(film(...FILM), { ...own, assistant: () => assistant })).toEqual(alone);
    await assisting;
    expect(looks.elsewhere).toBeGreaterThan(0);
    expect(looks.here + looks.elsewhere).toBe(12);
  });

  it('lets nothing be lost with an assistant that fails, or is called away', async () => {
    const alone = await observe(film(...FILM), brightnessEngines());
    for (const failsAt of [10, 20, 30, 60, 90, 120]) {
      const { assistant, assisting } = await assistedBy(brightnessEngines({ failsAt }));
      const ending = assisting.catch(() => undefined);
      const engines = { ...brightnessEngines(), assistant: () => assistant };
      expect(await observe(film(...FILM), engines)).toEqual(alone);
      await ending;
    }
    for (const lastLook of [10, 30, 60]) {
      const onLook = (brightness: number) => {
        if (brightness >= lastLook) leaving.callAway();
      };
      const leaving = await assistedBy(brightnessEngines({ onLook }));
      const engines = { ...brightnessEngines(), assistant: () => leaving.assistant };
      expect(await observe(film(...FILM), engines)).toEqual(alone);
      await leaving.assisting;
    }
  });

  it('goes on after the samples seen before, and compares with the last of them', async () => {
    const whole = await observe(film(10, 20, 20, 30), brightnessEngines());
    const frames = film(10, 20, 20, 30);
    await frames.next();
    const before = { samples: 2, last: whole[1] ?? undefined };
    expect(await observe(frames, brightnessEngines(), { before })).toEqual(whole.slice(2));
  });

  it('fails as the networks do', async () => {
    await expect(observe(film(1, 2, 3), brightnessEngines({ failsAt: 2 }))).rejects.toThrow('no look at 2');
  });

  it('does not wait for an assistant that never answers when it is to stop', async () => {
    const abort = new AbortController();
    const reason = new Error('stop');
    const faceDetector = { detect: () => new Promise(() => undefined) };
    const { assistant } = await assistedBy({ ...brightnessEngines(), faceDetector } as unknown as Engines);
    const observing = observe(
      film(...FILM),
      { ...brightnessEngines(), assistant: () => assistant },
      { signal: abort.signal },
    );
    setTimeout(() => {
      abort.abort(reason);
      assistant.close();
    }, 20);
    await expect(observing).rejects.toBe(reason);
  });
});
