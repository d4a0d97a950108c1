/** Which bytes of an MP4 a sampling plan needs: pure, from the index alone. */
import { type ByteRange, joinedRanges, REQUEST_COST_BYTES } from '../byte-ranges.ts';
import type { Mp4Track } from './mp4-index.ts';
import {
  codecOf,
  firstShownTicks,
  packetColumnsOf,
  proveKeyframes,
  videoTrackOf,
} from './mp4-packet-index.ts';
import type { Mp4Sample } from './mp4-samples.ts';
import { shownPackets } from './packet-columns.ts';
import { packetTable } from './packet-table.ts';
import { samplePositions } from './sample-times.ts';
import { type PlannedVideo, planSampling } from './sampling-plan.ts';
import { ticksPerSecond, timelineOf } from './timeline.ts';
import { preferCheapPictures } from './tolerated-pictures.ts';

/** What of an MP4 is fetched; both ascending and so far from each other that a request for each is worth it. */
export interface Mp4FetchPlan {
  readonly parts: readonly ByteRange[];
  /** Those of them that must be there before the file is opened; null for all. */
  readonly opening: readonly ByteRange[] | null;
}

/** How the video will be sampled. */
export interface Sampling {
  /** Above 0. */
  readonly intervalMs: number;
  readonly toleranceMs: number;
}

/** Six hours at 120 pictures a second, twice: longer lists are left to the decoder's own limits. */
const MAX_PICTURES = 5_000_000;
/**
 * What ffmpeg looks at to find out what a stream is (at most 40 pictures, five seconds) and to show the first picture (at most 16 more):
 * with it in place, it finds out the same as in the whole file.
 */
const OPENING_PICTURES = 64;
const OPENING_SECONDS = 6;
/** Subtitles, chapters and time codes are read when a file is opened: all or nothing. */
const MAX_OTHER_SAMPLES = 10_000;

/**
 * The bytes of the samples that will be read: the opening of every track, and what the decoder is fed.
 * @returns null when everything will be decoded, or the tracks are not of a known kind
 */
export function planFetch(tracks: readonly Mp4Track[], sampling: Sampling): Mp4FetchPlan | null {
  const video = videoTrackOf(tracks, MAX_PICTURES);
  if (video === null) return null;
  const pictures = [...video.samples()];
  const packets = neededPackets(video, pictures, sampling);
  if (packets === null) return null;
  const openingSeconds = openingOf(pictures, video.ticksPerSecond);
  const isListedByIndex = proveKeyframes(codecOf(video));
  // Where ffmpeg lists the packets, the picture shown last tells it how long that one is.
  const opening: ByteRange[] = isListedByIndex ? [] : [packets.last];
  for (const track of tracks) {
    const isMedia = track.handler === 'vide' || track.handler === 'soun';
    if (!isMedia && track.sampleCount > MAX_OTHER_SAMPLES) return null;
    const untilTicks = isMedia ? openingSeconds * track.ticksPerSecond : Number.POSITIVE_INFINITY;
    for (const sample of track.samples()) {
      if (sample.dtsTicks > untilTicks) break;
      opening.push({ start: sample.start, end: sample.end });
    }
  }
  // The reader of single packets, too, reads on over gaps of half that size.
  return {
    parts: joinedRanges([...packets.fed, ...opening], REQUEST_COST_BYTES),
    opening: isListedByIndex ? joinedRanges(opening, REQUEST_COST_BYTES) : null,
  };
}

/** How long the opening of the video takes, in seconds. */
function openingOf(pictures: readonly Mp4Sample[], ticks: number): number {
  const last = pictures[OPENING_PICTURES - 1] ?? pictures.at(-1);
  return Math.min((last?.dtsTicks ?? 0) / ticks, OPENING_SECONDS);
}

/** The samples of the stretches that the decoder is fed; and the picture shown last, which may say itself for how long. */
function neededPackets(
  track: Mp4Track,
  pictures: readonly Mp4Sample[],
  { intervalMs, toleranceMs }: Sampling,
): { readonly fed: readonly Mp4Sample[]; readonly last: Mp4Sample } | null {
  const index = packetColumnsOf(track);
  const frameTicks = track.usualDurationTicks;
  const timeline = timelineOf(shownPackets(index), index.timeBase, firstShownTicks(index), frameTicks);
  const table = timeline === null ? null : packetTable(index, timeline, false);
  if (timeline === null || table === null || frameTicks === 0) return null;

  const frameRate = ticksPerSecond(timeline.timeBase) / frameTicks;
  const exact = samplePositions(timeline, intervalMs, frameRate);
  const samples = preferCheapPictures(exact, { timeline, packets: table }, toleranceMs);
  const wanted = samples.filter((position, sample) => position !== samples[sample - 1]);
  const { width, height } = track;
  const video: PlannedVideo = { codec: codecOf(track), width, height, timeline, packets: table };
  const plan = planSampling({ video, packets: table, wanted, allowed: 'auto' });
  if (plan.kind === 'all') return null;
  const last = pictures[table.positions.indexOf(timeline.ptsTicks.length - 1)];
  if (last === undefined) return null;
  return { fed: plan.ranges.flatMap((range) => pictures.slice(range.first, range.last + 1)), last };
}
