/** Delivers the sampled frames of a video as raw RGB, one by one: what the detectors look at. */
import { resolve } from 'node:path';
import { WorkerError } from '../errors.ts';
import { readDecodedTimeline } from './decoded-timeline.ts';
import { type FfmpegDialect, readFfmpegDialect } from './ffmpeg-version.ts';
import type { Frame } from './frame.ts';
import { COMMON_OPTIONS, inputOptions, MAP_VIDEO } from './input-options.ts';
import { type PictureSize, scaledSize } from './picture-size.ts';
import { decodePictures } from './picture-stream.ts';
import { samplePositions } from './sample-times.ts';
import { selectExpression } from './select-expression.ts';
import { millisecondsAt, type Timeline } from './timeline.ts';
import type { VideoInfo } from './video-info.ts';
import type { VideoLimits } from './video-limits.ts';

export interface FrameRequest {
  /** Path of the video. */
  readonly file: string;
  /** What `probeVideo` found out about it. */
  readonly video: VideoInfo;
  /** Time between two samples, above 0. */
  readonly intervalMs: number;
  /** Limit for the long side of the delivered pictures, in pixels; they are never enlarged. */
  readonly maxSide?: number;
  /** Path of the ffmpeg program. */
  readonly ffmpeg: string;
  readonly limits: VideoLimits;
}

/** Long side of the pictures the networks get: enough for poses and small faces. */
export const DEFAULT_MAX_SIDE = 1280;
/** Name of the file, in the child's own folder, with the video filters: the expression may be too long for an argument. */
const FILTER_FILE = 'filters.txt';

/**
 * One frame for every `index` x interval before the end of the video, in order (see sample-times for which picture that is). Pictures are
 * upright, scaled once, with square pixels and even sides. Memory does not grow with the video; the child is gone when the loop is left.
 * Where the container's list of times and the decoder disagree, the file is decoded once more to list what is really shown.
 * @throws WorkerError VIDEO_CORRUPT, DECODER_FAILED, FFMPEG_MISSING; the signal's reason when it aborts
 */
export async function* readFrames(request: FrameRequest, signal: AbortSignal): AsyncGenerator<Frame, void> {
  const source = {
    file: resolve(request.file),
    ffmpeg: request.ffmpeg,
    maxPixels: request.limits.maxPixels,
    dialect: await readFfmpegDialect(request.ffmpeg, signal),
    size: scaledSize(request.video, request.maxSide ?? DEFAULT_MAX_SIDE),
  };
  const { intervalMs, video } = request;

  const listed = samplePositions(video.timeline, intervalMs, video.frameRate);
  let delivered = yield* decodeSamples(source, video.timeline, listed, 0, signal);
  if (delivered === listed.length) return;

  const decoded = await readDecodedTimeline(source.file, { ...source, frameRate: video.frameRate }, signal);
  // The end stays where it was announced, so that the number of samples does.
  const timeline = { ...decoded, endTicks: Math.max(decoded.endTicks, video.timeline.endTicks) };
  const shown = samplePositions(timeline, intervalMs, video.frameRate);
  delivered = yield* decodeSamples(source, timeline, shown, delivered, signal);
  if (delivered < shown.length) {
    throw new WorkerError(
      'VIDEO_CORRUPT',
      `the video decodes differently each time from ${delivered * intervalMs} ms on: it is damaged; export it again`,
    );
  }
}

interface Source {
  readonly file: string;
  readonly ffmpeg: string;
  readonly maxPixels: number;
  readonly dialect: FfmpegDialect;
  readonly size: PictureSize;
}

/**
 * Decodes the whole file, lets the wanted pictures pass, and checks each one's time.
 * @returns how many samples are delivered, counting those before `firstSample`; fewer than wanted when the decoder gave another picture
 */
async function* decodeSamples(
  source: Source,
  timeline: Timeline,
  positions: Uint32Array,
  firstSample: number,
  signal: AbortSignal,
): AsyncGenerator<Frame, number> {
  let sample = firstSample;
  const wanted = [...new Set(positions.subarray(firstSample))].map(
    (position) => timeline.ptsTicks[position] ?? 0,
  );

  for await (const { ptsTicks, data } of decodePictures(decodeCommand(source, wanted), source.size, signal)) {
    if (ptsTicks !== timeline.ptsTicks[positions[sample] ?? 0]) return sample;
    const timestampMs = millisecondsAt(timeline, ptsTicks);
    const position = positions[sample];
    for (let repeatsPrevious = false; positions[sample] === position; repeatsPrevious = true) {
      yield { ...source.size, data, index: sample, timestampMs, repeatsPrevious };
      sample++;
    }
    if (sample === positions.length) break;
  }
  return sample;
}

function decodeCommand({ ffmpeg, file, maxPixels, dialect, size }: Source, wantedTicks: readonly number[]) {
  const filters = [
    `select='${selectExpression(wantedTicks)}'`,
    `scale=${size.width}:${size.height}:flags=bicubic`,
    'format=rgb24',
    'showinfo',
  ];
  const args = [
    ...COMMON_OPTIONS,
    ...inputOptions(file, maxPixels),
    ...MAP_VIDEO,
    dialect.filterFileOption,
    FILTER_FILE,
    ...dialect.keepTimes,
    '-f',
    'rawvideo',
    'pipe:1',
  ];
  return { ffmpeg, args, files: { [FILTER_FILE]: filters.join(',') } };
}
