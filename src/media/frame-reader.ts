/** Delivers the sampled frames of a video as raw RGB, one by one: what the detectors look at. */
import { resolve } from 'node:path';
import type { Arrivals } from '../arrivals.ts';
import type { ByteRange } from '../byte-ranges.ts';
import { WorkerError } from '../errors.ts';
import { readDecodedTimeline } from './decoded-timeline.ts';
import { createDecoderLog, type DecoderLog } from './decoder-log.ts';
import type { Frame } from './frame.ts';
import { type KnownWindow, packetsAfterGaps } from './known-windows.ts';
import { openPacketSource } from './open-packet-source.ts';
import type { FeedReport } from './packet-feed.ts';
import type { PacketSource } from './packet-source.ts';
import { partsDoNotSuffice, requireKnownKeyframes, requireKnownTimes } from './partial-video.ts';
import { scaledSize } from './picture-size.ts';
import { distinct, samplePositions } from './sample-times.ts';
import { type AllowedPlan, planAll, planSampling, type SamplingPlan } from './sampling-plan.ts';
import type { SamplingReport } from './sampling-report.ts';
import { sceneKeyframesMs } from './scene-keyframes.ts';
import { canFeed, decodeSparsely } from './sparse-decoder.ts';
import { millisecondsAt, type Timeline } from './timeline.ts';
import { preferCheapPictures } from './tolerated-pictures.ts';
import type { VideoInfo } from './video-info.ts';
import type { VideoLimits } from './video-limits.ts';
import { decodeEverything, type WantedPictureDecoder } from './wanted-pictures.ts';

export interface FrameRequest {
  /** Path of the video. */
  readonly file: string;
  /** What is there of the video: ascending, apart from each other; null, the default, for all of it. */
  readonly parts?: readonly ByteRange[] | null;
  /** Which of the parts are still to come: they are waited for; null, the default, for none. */
  readonly arrivals?: Arrivals | null;
  /** Which times are known by them; null, the default, where all packets are listed, fetched or not. */
  readonly windows?: readonly KnownWindow[] | null;
  /** What `probeVideo` found out about it. */
  readonly video: VideoInfo;
  /** Time between two samples, above 0. */
  readonly intervalMs: number;
  /** The first sample wanted, for a video that is gone on with; 0 by default. */
  readonly firstSample?: number;
  /** A cheaper picture this near to a sample may stand for it; 0, the default, is exact. */
  readonly toleranceMs?: number;
  /** Limit for the long side of the delivered pictures, in pixels; they are never enlarged. */
  readonly maxSide?: number;
  /** Path of the ffmpeg program. */
  readonly ffmpeg: string;
  readonly limits: VideoLimits;
  /** Threads of the decoder; 1 by default. */
  readonly decoderThreads?: number;
  /** How the video may be decoded; `auto` by default. The pictures of an undamaged file are the same. */
  readonly plan?: AllowedPlan;
  /** Called once, before the first frame, with what `sceneKeyframesMs` says. */
  readonly onSceneHints?: (timesMs: readonly number[]) => void;
  /** Called once, after the last frame. */
  readonly onReport?: (report: SamplingReport) => void;
}

/** Long side of the pictures the networks get: enough for poses and small faces. */
export const DEFAULT_MAX_SIDE = 1280;

/**
 * One frame for every `index` x interval from `firstSample` to the end of the video, in order (sample-times says which picture that is).
 * Pictures are upright, scaled once, with square pixels and even sides. No more than three of them are in memory; beside them only the
 * lists of times and packets grow with the video. The child is gone when the loop is left.
 *
 * The pictures of an undamaged file do not depend on the plan: where the cheap way does not prove itself (another first picture, another
 * order), everything is decoded; where the container's list of times and the decoder disagree, the file is decoded once more to list what is
 * really shown. What a decoder shows in the place of what is damaged may come from whatever it decoded before. Of an undamaged file of which
 * only parts are there, a picture is either the same as of the whole, or DECODER_FAILED says that the rest is needed.
 * @throws WorkerError VIDEO_CORRUPT, DECODER_FAILED, FFMPEG_MISSING, DISK_FULL; the signal's reason when it aborts
 */
export async function* readFrames(request: FrameRequest, signal: AbortSignal): AsyncGenerator<Frame, void> {
  const { video } = request;
  const file = resolve(request.file);
  const log = createDecoderLog();
  const decoder: WantedPictureDecoder = {
    file,
    ffmpeg: request.ffmpeg,
    dialect: video.dialect,
    maxPixels: request.limits.maxPixels,
    threads: request.decoderThreads ?? 1,
    pixelFormat: video.pixelFormat,
    colour: video.colour,
    size: scaledSize(video, request.maxSide ?? DEFAULT_MAX_SIDE),
    listen: log.listen,
  };
  const { packets: table, container } = video;
  const { parts = null, arrivals = null } = request;
  const source =
    table === null ? null : await openPacketSource({ file, table, container, parts, arrivals }, signal);
  try {
    yield* readThrough(request, decoder, source, log, signal);
  } finally {
    source?.close();
  }
}

/** Tries the cheapest way, then the complete one, then the most patient one; each goes on where the one before it stopped. */
async function* readThrough(
  request: FrameRequest,
  decoder: WantedPictureDecoder,
  source: PacketSource | null,
  log: DecoderLog,
  signal: AbortSignal,
): AsyncGenerator<Frame, void> {
  const { video, intervalMs, toleranceMs = 0, firstSample = 0 } = request;
  const exact = samplePositions(video.timeline, intervalMs, video.frameRate);
  const lists = { timeline: video.timeline, packets: source?.table ?? video.packets };
  const samples = preferCheapPictures(exact, lists, { intervalMs, toleranceMs });
  const wanted = distinct(samples.subarray(firstSample));
  if (wanted.length === 0) return;

  const isPartial = (request.parts ?? null) !== null;
  const usable = source !== null && (await canFeed(video, source)) ? source : null;
  const breaks = breaksOf(request, usable);
  let plan = planFor(request, source, usable, exact, wanted, breaks);
  let packets = plan.packets;
  let delivered = firstSample;
  const shown: Delivered = { picture: null };
  if (usable !== null && plan.kind !== 'all') {
    packets = 0;
    const onFed = (fed: FeedReport) => {
      packets += fed.packets;
    };
    const pictures = decodeSparsely(decoder, { video, source: usable, plan, breaks, wanted, onFed }, signal);
    delivered = yield* deliver(pictures, decoder, video.timeline, samples, delivered, shown);
    if (delivered < samples.length) {
      if (isPartial) throw partsDoNotSuffice(`sample ${delivered} is not among them`);
      plan = planAll(video, `fewer packets did not suffice at sample ${delivered}`);
      packets = plan.packets;
    }
  }
  if (delivered < samples.length) {
    const pictures = decodeEverything(decoder, video.timeline, distinct(samples.subarray(delivered)), signal);
    delivered = yield* deliver(pictures, decoder, video.timeline, samples, delivered, shown);
  }
  if (delivered < samples.length) {
    plan = planAll(video, `the container's list of times is wrong at sample ${delivered}`);
    yield* deliverWhatDecodes(decoder, request, delivered, shown, log, signal);
  }
  const { kind, reason, packetsTotal, estimatedCpuMs } = plan;
  const decoderCpuMs = log.cpuMs();
  request.onReport?.({ plan: kind, reason, packets, packetsTotal, estimatedCpuMs, decoderCpuMs });
}

/**
 * The cheapest plan; says on the way what the keyframes tell of cuts.
 * @param usable the source, where its packets can be fed
 * @throws WorkerError DECODER_FAILED where a partial file cannot be told to show what the whole would
 */
function planFor(
  request: FrameRequest,
  source: PacketSource | null,
  usable: PacketSource | null,
  exact: Uint32Array,
  wanted: Uint32Array,
  breaks: ReadonlySet<number>,
): SamplingPlan {
  const { video, toleranceMs = 0, parts = null, windows = null } = request;
  if (windows !== null) {
    requireKnownTimes(exact, { ...video, packets: source?.table ?? null }, windows, toleranceMs);
  }
  const packets = usable?.table ?? null;
  const named = source === null ? video.packets : { ...source.table, keys: source.namedKeys };
  // The parts of a Matroska file tell nothing of the keyframes between them.
  const sampled = video.container === 'matroska' ? { positions: exact, breaks } : null;
  request.onSceneHints?.(sceneKeyframesMs({ timeline: video.timeline, packets: named }, sampled));
  // Where there are gaps, everything is not there to be decoded.
  const allowed = windows === null ? (request.plan ?? 'auto') : 'sparse';
  const plan = planSampling({ video, packets, breaks, wanted, allowed });
  if (parts === null) return plan;
  if (plan.kind === 'all') throw partsDoNotSuffice(plan.reason);
  if (packets?.areKeysSeen !== false) requireKnownKeyframes(plan, video.packets, packets);
  return plan;
}

/** The packets before which others may be missing. */
function breaksOf({ video, windows = null }: FrameRequest, usable: PacketSource | null): ReadonlySet<number> {
  if (usable === null || windows === null) return new Set();
  return packetsAfterGaps({ ...video, packets: usable.table }, windows);
}

/** Decodes the file once to list what is really shown, and once more to show it. */
async function* deliverWhatDecodes(
  decoder: WantedPictureDecoder,
  { video, intervalMs }: FrameRequest,
  firstSample: number,
  shown: Delivered,
  log: DecoderLog,
  signal: AbortSignal,
): AsyncGenerator<Frame, void> {
  const decoded = await readDecodedTimeline(decoder.file, { ...decoder, frameRate: video.frameRate }, signal);
  // The end stays where it was announced, so that the number of samples does.
  const timeline = { ...decoded, endTicks: Math.max(decoded.endTicks, video.timeline.endTicks) };
  const samples = samplePositions(timeline, intervalMs, video.frameRate);
  const pictures = decodeEverything(decoder, timeline, distinct(samples.subarray(firstSample)), signal);
  const delivered = yield* deliver(pictures, decoder, timeline, samples, firstSample, shown);
  if (delivered < samples.length) {
    throw new WorkerError(
      'VIDEO_CORRUPT',
      `the video decodes differently each time from ${delivered * intervalMs} ms on: it is damaged; export it again`,
      { cause: new Error(log.lastWords()) },
    );
  }
}

/** What was delivered last, by whichever way of decoding; null before the first. */
interface Delivered {
  picture: Pick<Frame, 'data' | 'timestampMs'> | null;
}

/**
 * Makes frames of pictures that come in the order of the samples' positions.
 * @returns how many samples are delivered, counting those before `firstSample`; fewer than all when the pictures end early
 */
async function* deliver(
  pictures: AsyncGenerator<Uint8Array, void>,
  { size }: WantedPictureDecoder,
  timeline: Timeline,
  positions: Uint32Array,
  firstSample: number,
  shown: Delivered,
): AsyncGenerator<Frame, number> {
  let sample = firstSample;
  for await (const data of pictures) {
    const position = positions[sample] ?? 0;
    const timestampMs = millisecondsAt(timeline, timeline.ptsTicks[position] ?? 0);
    const last = shown.picture;
    // Where nothing decodes between two samples, the next way of decoding comes back to the picture the one before it has delivered.
    const isSame = last !== null && timestampMs <= last.timestampMs;
    const isStill = last !== null && Buffer.compare(last.data, data) === 0;
    const picture = isSame ? last : { data, timestampMs };
    for (let repeatsPrevious = isSame; positions[sample] === position; repeatsPrevious = true) {
      const equalsPrevious = repeatsPrevious || isStill;
      yield { ...size, ...picture, index: sample, repeatsPrevious, equalsPrevious };
      sample++;
    }
    shown.picture = picture;
  }
  return sample;
}
