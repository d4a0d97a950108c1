import { describe, expect, it } from '@jest/globals';
import { ASSISTANT_ROOM } from '../../src/pipeline/assistant.ts';
import type { Engines } from '../../src/pipeline/engines.ts';
import { observeFrame } from '../../src/pipeline/observe-frame.ts';
import { assistedBy, assistedOnce } from '../helpers/assisted.ts';
import { brightnessEngines, grey } from '../helpers/brightness-engines.ts';

const OPTIONS = { source: { width: 8, height: 4 }, detectPoses: true };

describe('an assistant', () => {
  it('sees what the thread of the video would see, in order, in pictures that are written over meanwhile', async () => {
    const engines = brightnessEngines();
    const { assistant, assisting } = await assistedBy(engines);
    const pictures = [grey(10), grey(20)];
    const looks = pictures.map((picture) => assistant.look(picture, OPTIONS));
    for (const { data } of pictures) data.fill(0);
    const expected = [grey(10), grey(20)].map((picture) => observeFrame(picture, engines, OPTIONS));
    const sights = await Promise.all(looks.map(async (look) => await look?.sights));
    expect(sights).toEqual(await Promise.all(expected));
    assistant.close();
    await assisting;
  });

  it('takes as many pictures as it has room for, and further ones when it has seen them', async () => {
    const { assistant, assisting } = await assistedBy(brightnessEngines());
    const looks = Array.from({ length: ASSISTANT_ROOM }, (_, i) => assistant.look(grey(i), OPTIONS));
    expect(looks).not.toContain(null);
    expect(assistant.look(grey(100), OPTIONS)).toBeNull();
    await looks[0]?.sights;
    expect(assistant.look(grey(101), OPTIONS)).not.toBeNull();
    assistant.close();
    await assisting;
  });

  it('uses the memory of pictures it has seen again, also for another video, and none of what is still needed', async () => {
    const copies: Uint8Array[] = [];
    const first = await assistedBy(brightnessEngines(), copies);
    const second = await assistedBy(brightnessEngines(), copies);
    for (let i = 0; i < 5; i++) await first.assistant.look(grey(i), OPTIONS)?.sights;
    expect(copies).toHaveLength(1);
    const memory = copies[0];
    const unseen = first.assistant.look(grey(50), OPTIONS);
    first.assistant.close();
    expect(unseen?.picture.data).toBe(memory);
    await second.assistant.look(grey(60), OPTIONS)?.sights;
    expect(unseen?.picture).toEqual(grey(50));
    second.assistant.close();
    await Promise.all([first.assisting, second.assisting]);
  });

  it('that is let go owes nothing', async () => {
    const { assistant, assisting } = await assistedBy(brightnessEngines());
    const look = assistant.look(grey(1), OPTIONS);
    assistant.close();
    expect(await look?.sights).toBeNull();
    expect(assistant.look(grey(2), OPTIONS)).toBeNull();
    await assisting;
  });

  it('that is called away looks at what it has and leaves', async () => {
    const { assistant, assisting, callAway } = await assistedBy(brightnessEngines());
    await assistant.look(grey(1), OPTIONS)?.sights;
    const look = assistant.look(grey(2), OPTIONS);
    callAway();
    expect(await look?.sights).not.toBeNull();
    await assisting;
    expect((await assistant.look(grey(3), OPTIONS)?.sights) ?? null).toBeNull();
  });

  it('that was called away before it began does nothing', async () => {
    const { assisting, callAway } = await assistedBy(brightnessEngines());
    callAway();
    await assisting;
  });

  it('is asked nothing before it has the networks', async () => {
    const loading = Promise.withResolvers<Engines>();
    const { assistant, assisting, isHere } = assistedOnce(() => loading.promise);
    expect(assistant.look(grey(1), OPTIONS)).toBeNull();
    loading.resolve(brightnessEngines());
    await isHere;
    expect(await assistant.look(grey(2), OPTIONS)?.sights).not.toBeNull();
    assistant.close();
    await assisting;
  });

  it('that is called away while it waits for the networks leaves when they have come', async () => {
    const loading = Promise.withResolvers<Engines>();
    const { assisting, callAway } = assistedOnce(() => loading.promise);
    callAway();
    loading.resolve(brightnessEngines());
    await assisting;
  });

  it('without networks tells its own thread why, and is never asked', async () => {
    const reason = new Error('no networks');
    const { assistant, assisting } = assistedOnce(() => Promise.reject(reason));
    await expect(assisting).rejects.toBe(reason);
    expect(assistant.look(grey(1), OPTIONS)).toBeNull();
  });

  it('that fails tells its own thread why, and the other one that it is gone', async () => {
    const { assistant, assisting } = await assistedBy(brightnessEngines({ failsAt: 7 }));
    const [seen, lost] = [grey(6), grey(7)].map((picture) => assistant.look(picture, OPTIONS)?.sights);
    await expect(assisting).rejects.toThrow('no look at 7');
    expect(await seen).not.toBeNull();
    expect(await lost).toBeNull();
  });
});
