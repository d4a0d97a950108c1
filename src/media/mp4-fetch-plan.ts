/** Which bytes of an MP4 a sampling plan needs: pure, from the index alone. */
import { type ByteRange, joinedRanges, REQUEST_COST_BYTES } from '../byte-ranges.ts';
import type { Mp4Track } from './mp4-index.ts';
import {
  codecOf,
  firstShownTicks,
  keyframesProveThemselves,
  packetColumnsOf,
  videoTrackOf,
} from './mp4-packet-index.ts';
import { shownPackets } from './packet-columns.ts';
import { packetTable } from './packet-table.ts';
import { distinct, samplePositions } from './sample-times.ts';
import { OPENING_PICTURES, OPENING_SECONDS, type Sampling } from './sampling.ts';
import { type PacketRange, type PlannedVideo, planSampling } from './sampling-plan.ts';
import { ticksPerSecond, timelineOf } from './timeline.ts';
import { preferCheapPictures } from './tolerated-pictures.ts';
import { DEFAULT_VIDEO_LIMITS, maxPicturesOf } from './video-limits.ts';

/** What of an MP4 is fetched; both ascending and so far from each other that a request for each is worth it. */
export interface Mp4FetchPlan {
  readonly parts: readonly ByteRange[];
  /** Those of them that must be there before the file is opened; null for all. */
  readonly opening: readonly ByteRange[] | null;
}

/** Whatever limits are set: longer lists are left to them. */
const MAX_PICTURES = maxPicturesOf(DEFAULT_VIDEO_LIMITS);
/** Six seconds of uncompressed sound, each of whose values is a sample, at 96 kHz are fewer: more are an attack on our memory. */
const MAX_OPENING_SAMPLES = 1_000_000;
/** Subtitles, chapters and time codes are read when a file is opened: all or nothing. */
const MAX_OTHER_SAMPLES = 10_000;

/**
 * The bytes of the samples that will be read: the opening of every track, and what the decoder is fed.
 * @returns null when everything will be decoded, or the tracks are not of a known kind
 */
export function planMp4Fetch(tracks: readonly Mp4Track[], sampling: Sampling): Mp4FetchPlan | null {
  const video = videoTrackOf(tracks, MAX_PICTURES);
  const needed = video === null ? null : neededPackets(video, sampling);
  const opening = video === null ? null : openingOf(tracks, openingSecondsOf(video));
  if (video === null || needed === null || opening === null) return null;
  const isListedByIndex = keyframesProveThemselves(codecOf(video));
  // Where ffmpeg lists the packets, the picture shown last tells it how long that one is.
  if (!isListedByIndex) opening.push(...bytesOf(video, [needed.last]));
  // The demultiplexer, which reads what our own reader does not, reads on over gaps of half that size.
  return {
    parts: joinedRanges([...bytesOf(video, needed.fed), ...opening], REQUEST_COST_BYTES),
    opening: isListedByIndex ? joinedRanges(opening, REQUEST_COST_BYTES) : null,
  };
}

/** How long the opening of the video takes. */
function openingSecondsOf(video: Mp4Track): number {
  let lastTicks = 0;
  let pictures = 0;
  for (const { dtsTicks } of video.samples()) {
    lastTicks = dtsTicks;
    if (++pictures === OPENING_PICTURES) break;
  }
  return Math.min(lastTicks / video.ticksPerSecond, OPENING_SECONDS);
}

/** The bytes of the samples that all tracks begin with; null where one has more of them than it should. */
function openingOf(tracks: readonly Mp4Track[], openingSeconds: number): ByteRange[] | null {
  const ranges: ByteRange[] = [];
  for (const track of tracks) {
    const isMedia = track.handler === 'vide' || track.handler === 'soun';
    const untilTicks = isMedia ? openingSeconds * track.ticksPerSecond : Number.POSITIVE_INFINITY;
    const maxSamples = isMedia ? MAX_OPENING_SAMPLES : MAX_OTHER_SAMPLES;
    let samples = 0;
    for (const sample of track.samples()) {
      if (sample.dtsTicks > untilTicks) break;
      if (++samples > maxSamples) return null;
      lengthen(ranges, sample);
    }
  }
  return ranges;
}

/** The bytes of ascending ranges of packets. */
function bytesOf(track: Mp4Track, ranges: readonly PacketRange[]): ByteRange[] {
  const bytes: ByteRange[] = [];
  let packet = 0;
  let range = 0;
  for (const sample of track.samples()) {
    const { first, last } = ranges[range] ?? { first: Number.POSITIVE_INFINITY, last: -1 };
    if (packet >= first) lengthen(bytes, sample);
    if (packet === last) range++;
    packet++;
  }
  return bytes;
}

/** Adds the bytes of a sample; most follow those of the one before. */
function lengthen(ranges: ByteRange[], { start, end }: ByteRange): void {
  const previous = ranges.at(-1);
  if (previous?.end === start) ranges[ranges.length - 1] = { start: previous.start, end };
  else ranges.push({ start, end });
}

/** The stretches of packets that the decoder is fed; and the picture shown last, which may say itself for how long. */
function neededPackets(
  track: Mp4Track,
  { intervalMs, toleranceMs }: Sampling,
): { readonly fed: readonly PacketRange[]; readonly last: PacketRange } | null {
  const index = packetColumnsOf(track);
  const frameTicks = track.usualDurationTicks;
  const timeline = timelineOf(shownPackets(index), index.timeBase, firstShownTicks(index), frameTicks);
  const table = timeline === null ? null : packetTable(index, timeline, false);
  if (timeline === null || table === null || frameTicks === 0) return null;

  const ticks = ticksPerSecond(timeline.timeBase);
  const durationMs = ((timeline.endTicks - (timeline.ptsTicks[0] ?? 0)) / ticks) * 1000;
  // The index of a few pictures may claim that they last for years.
  if (durationMs / intervalMs > MAX_PICTURES) return null;
  const frameRate = ticks / frameTicks;
  const exact = samplePositions(timeline, intervalMs, frameRate);
  const samples = preferCheapPictures(exact, { timeline, packets: table }, { intervalMs, toleranceMs });
  const wanted = distinct(samples);
  const { width, height } = track;
  const video: PlannedVideo = { codec: codecOf(track), width, height, timeline, packets: table };
  const plan = planSampling({ video, packets: table, wanted, allowed: 'auto' });
  if (plan.kind === 'all') return null;
  const last = table.positions.indexOf(timeline.ptsTicks.length - 1);
  return { fed: plan.ranges, last: { first: last, last } };
}
