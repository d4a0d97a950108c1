import { afterAll, describe, expect, it } from '@jest/globals';
import { probeVideo } from '../../src/media/probe.ts';
import { sceneKeyframesMs } from '../../src/media/scene-keyframes.ts';
import { DEFAULT_VIDEO_LIMITS as limits } from '../../src/media/video-limits.ts';
import { clipFolder, ffmpeg, runOwn } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
afterAll(clips.remove);

/** Three seconds of one picture and three of another, cut hard, 25 a second. */
const TWO_SCENES = [
  '-f lavfi -i testsrc=s=160x96:d=3',
  '-f lavfi -i smptebars=s=160x96:d=3',
  '-filter_complex [0][1]concat,format=yuv420p -c:v libx264 -g 50',
].flatMap((options) => options.split(' '));

async function hintsOf(name: string, ...options: string[]): Promise<number[]> {
  const file = clips.path(name);
  runOwn([...TWO_SCENES, ...options, file]);
  return sceneKeyframesMs(await probeVideo(file, { ffmpeg, limits }, never), null);
}

describe('the keyframes of new scenes', () => {
  it('are those the encoder put before their time, in MP4 and Matroska', async () => {
    expect(await hintsOf('cut.mp4')).toEqual([3000]);
    expect(await hintsOf('cut.mkv')).toEqual([3000]);
  });

  it('are none in a regular rhythm, whatever the pictures show', async () => {
    expect(await hintsOf('regular.mp4', '-sc_threshold', '0')).toEqual([]);
  });

  it('are none where the container does not tell', () => {
    const timeline = {
      timeBase: { numerator: 1, denominator: 25 },
      ptsTicks: Float64Array.of(0),
      endTicks: 1,
    };
    expect(sceneKeyframesMs({ packets: null, timeline }, null)).toEqual([]);
  });
});
