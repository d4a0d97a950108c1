/** The pictures of a video through every network, by this thread and by one that may assist it: what comes out is in order. */
import type { FrameSimilarity } from '../geometry/frame-similarity.ts';
import type { RgbImage } from '../geometry/rgb-image.ts';
import type { Frame } from '../media/frame.ts';
import type { FrameObservations } from '../tracking/observations.ts';
import { FrameSimilarityMeter } from '../vision/frame-similarity.ts';
import { ASSISTANT_ROOM, type Look } from './assistant.ts';
import type { Engines } from './engines.ts';
import { type LookOptions, observeFrame, type Sights } from './observe-frame.ts';
import type { Stopwatch } from './stopwatch.ts';

/** Samples that have not come out yet, at most: those of the assistant, and one of this thread that waits for them. */
const MOST_UNDER_WAY = ASSISTANT_ROOM + 1;

/** What an earlier analysis saw. */
interface SeenBefore {
  /** Samples before this one are not looked at again. */
  readonly samples: number;
  readonly last: Sights | undefined;
}

/** A new picture whose turn has not come yet. */
interface UnderWay {
  readonly index: number;
  readonly timestampMs: number;
  readonly similarityToPrevious: FrameSimilarity | null;
  /** What was seen in it, or the look that is under way; null where every pixel is that of the frame before. */
  readonly seen: Sights | Look | null;
}

/** How samples are looked at, the same for all of a video. */
interface Looking {
  readonly engines: Engines;
  readonly options: LookOptions;
  readonly watch: Stopwatch;
  readonly signal: AbortSignal;
}

/**
 * @param frames from the last sample seen before on, which the next one is compared with
 * @yields one for each further sample; null where the picture of the sample before is still shown
 * @throws the signal's reason when it aborts while the assistant is waited for
 */
export async function* observeInOrder(
  frames: AsyncIterable<Frame>,
  before: SeenBefore,
  looking: Looking,
): AsyncGenerator<FrameObservations | null> {
  const similarity = new FrameSimilarityMeter();
  const underWay: (UnderWay | null)[] = [];
  let latest = before.last;

  const begin = async (frame: Frame): Promise<UnderWay | null> => {
    if (frame.repeatsPrevious) return null;
    const { index, timestampMs, equalsPrevious } = frame;
    const similarityToPrevious = similarity.compareWithPrevious(frame);
    const seen = equalsPrevious ? null : (lookElsewhere(frame, looking) ?? (await lookHere(frame, looking)));
    return { index, timestampMs, similarityToPrevious, seen };
  };
  const end = async (sample: UnderWay | null): Promise<FrameObservations | null> => {
    if (sample === null) return null;
    const { seen, ...about } = sample;
    // Networks answer equal pictures equally; the first picture is equal to none.
    const { faces, poses } = seen === null ? (latest as Sights) : await sightsOf(seen, looking);
    latest = { faces, poses };
    return { ...about, faces, poses, ...(seen === null ? { equalsPrevious: true } : {}) };
  };

  try {
    for await (const frame of frames) {
      if (frame.index < before.samples) similarity.compareWithPrevious(frame);
      else underWay.push(await begin(frame));
      while (underWay.length > MOST_UNDER_WAY || isSettled(underWay)) {
        yield await end(underWay.shift() ?? null);
      }
    }
    while (underWay.length > 0) yield await end(underWay.shift() ?? null);
  } finally {
    looking.engines.assistant?.()?.close();
  }
}

/** Whether the next sample can come out at once. */
function isSettled([next]: readonly (UnderWay | null)[]): boolean {
  return next !== undefined && (next === null || next.seen === null || !isUnderWay(next.seen));
}

function isUnderWay(seen: Sights | Look): seen is Look {
  return 'picture' in seen;
}

function lookElsewhere(frame: Frame, { engines, options }: Looking): Look | null {
  return engines.assistant?.()?.look(frame, options) ?? null;
}

async function lookHere(picture: RgbImage, { engines, options, watch }: Looking): Promise<Sights> {
  return await watch.time('inference', observeFrame(picture, engines, options));
}

/** What an assistant that is gone did not look at, this thread does. */
async function sightsOf(seen: Sights | Look, looking: Looking): Promise<Sights> {
  if (!isUnderWay(seen)) return seen;
  const sights = await looking.watch.time('inference', seen.sights);
  looking.signal.throwIfAborted();
  return sights ?? (await lookHere(seen.picture, looking));
}
