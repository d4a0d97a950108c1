/** Finds out what a file is before it is sampled: the gate every stranger's file passes first. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WorkerError } from '../errors.ts';
import type { ProcessExit } from './confined-process.ts';
import { readDecodedTimeline } from './decoded-timeline.ts';
import { type FfmpegDialect, parseDialect } from './ffmpeg-dialect.ts';
import { explainFailure, wasCutOff } from './ffmpeg-failure.ts';
import { type FfmpegCommand, runFfmpeg } from './ffmpeg-process.ts';
import { refusedFormat, SIGNATURE_BYTES } from './file-signature.ts';
import { COMMON_OPTIONS, inputOptions, isAllowedCodec, MAP_VIDEO, ONLY_COMPLAINTS } from './input-options.ts';
import { hasSeveralEdits, readMp4PacketIndex } from './mp4-packet-index.ts';
import { type PacketColumns, shownPackets } from './packet-columns.ts';
import { readPacketIndex } from './packet-index.ts';
import { packetTable } from './packet-table.ts';
import {
  type Colour,
  createShownPictureParser,
  parseColour,
  SHOWINFO,
  type ShownPicture,
  WITHOUT_SIDE_DATA,
} from './shown-picture.ts';
import { parseStreamSummary, type StreamSummary } from './stream-dump.ts';
import { millisecondsAt, type Timeline, ticksPerSecond, timelineOf } from './timeline.ts';
import type { PictureLists, VideoInfo } from './video-info.ts';
import { maxPicturesOf, type VideoLimits } from './video-limits.ts';

export interface ProbeOptions {
  /** Path of the ffmpeg program; no ffprobe is needed. */
  readonly ffmpeg: string;
  readonly limits: VideoLimits;
}

/** For streams whose rate ffmpeg cannot tell: only the half frame of tolerance depends on it. */
const FALLBACK_FRAME_RATE = 25;
/** Output options that tell of one picture. */
const SHOW_FIRST_PICTURE: readonly string[] = [
  '-filter:v',
  `${WITHOUT_SIDE_DATA},${SHOWINFO}`,
  '-frames:v',
  '1',
  '-f',
  'null',
  'pipe:1',
];
/** Stops reading a hostile file's summary; a thousand streams take a tenth of it. */
const MAX_SUMMARY_LINES = 50_000;

/**
 * Looks at the file's first bytes, decodes its first picture and lists its packets.
 * @throws WorkerError VIDEO_EMPTY, VIDEO_FORMAT_UNSUPPORTED, VIDEO_STREAM_MISSING, VIDEO_CORRUPT, VIDEO_TOO_LARGE, VIDEO_TOO_LONG,
 * VIDEO_RESOLUTION_TOO_HIGH, DECODER_FAILED, FFMPEG_MISSING, DISK_FULL; the signal's reason when it aborts
 */
export async function probeVideo(
  file: string,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<VideoInfo> {
  const path = resolve(file);
  await refuseBySize(path, options.limits);
  const { summary, picture, colour, dialect } = await firstPicture(path, options, signal);
  const frameRate = summary.frameRate ?? FALLBACK_FRAME_RATE;
  const { codec, container } = summary;
  const shown = { codec, container, first: picture, frameRate };
  const named = container === 'mov' ? await readNamedTimes(path, shown, options.limits) : null;
  const { timeline, packets } = named ?? (await readTimes(path, shown, options, signal));
  const durationMs = millisecondsAt(timeline, timeline.endTicks);
  if (durationMs > options.limits.maxDurationMs) {
    throw new WorkerError(
      'VIDEO_TOO_LONG',
      `the video lasts ${Math.round(durationMs / 1000)} s, at most ${options.limits.maxDurationMs / 1000} s are allowed: cut it into shorter files or raise MAX_VIDEO_SECONDS`,
    );
  }
  return {
    width: picture.width,
    height: picture.height,
    rotationDegrees: summary.rotationDegrees,
    sampleAspectRatio: picture.sampleAspectRatio,
    durationMs,
    frameRate,
    codec,
    container,
    pixelFormat: picture.pixelFormat,
    colour,
    firstPictureChecksum: picture.checksum ?? '',
    dialect,
    timeline,
    packets,
  };
}

/** The file's size and first bytes, before any decoder runs. */
async function refuseBySize(path: string, { maxBytes }: VideoLimits): Promise<void> {
  const handle = await open(path).catch((cause: unknown) => {
    const reason = (cause as NodeJS.ErrnoException).code;
    throw new WorkerError(
      'DECODER_FAILED',
      `the video file cannot be opened (${reason}): it must be there and readable`,
      { cause },
    );
  });
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new WorkerError('DECODER_FAILED', 'the video is no file: name one');
    const { size } = stat;
    if (size === 0) throw new WorkerError('VIDEO_EMPTY', 'the file is empty (0 bytes): upload it again');
    if (size > maxBytes) {
      throw new WorkerError(
        'VIDEO_TOO_LARGE',
        `the file has ${size} bytes, at most ${maxBytes} are allowed: compress or cut it, or raise MAX_VIDEO_BYTES`,
      );
    }
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(SIGNATURE_BYTES), 0, SIGNATURE_BYTES, 0);
    const refused = refusedFormat(buffer.subarray(0, bytesRead));
    if (refused !== null) {
      throw new WorkerError(
        'VIDEO_FORMAT_UNSUPPORTED',
        `the file is ${refused}: send a video (MP4, MOV, MKV, WebM, MPEG-TS, AVI or FLV)`,
      );
    }
  } finally {
    await handle.close();
  }
}

/** Decodes one picture, upright: proof that there is one, and its true size. */
async function firstPicture(
  path: string,
  { ffmpeg, limits }: ProbeOptions,
  signal: AbortSignal,
): Promise<{ summary: StreamSummary; picture: ShownPicture; colour: Colour; dialect: FfmpegDialect }> {
  const lines: string[] = [];
  const parse = createShownPictureParser();
  let picture: ShownPicture | null = null;
  const onStderrLine = (line: string) => {
    if (lines.length < MAX_SUMMARY_LINES) lines.push(line);
    picture ??= parse(line);
  };
  const args = [...inputOptions(path, limits.maxPixels), ...MAP_VIDEO, ...SHOW_FIRST_PICTURE];
  const command = { ffmpeg, args: [...COMMON_OPTIONS, ...args], onStderrLine };
  const exit = await runFfmpeg(command, () => {}, signal);
  const summary = parseStreamSummary(lines);
  refuseByCodec(summary);
  refuseByPictureSize(summary, limits);
  if (picture === null) throw await explainUndecodable(exit, { ffmpeg, args }, signal);
  return { summary, picture, colour: parseColour(lines), dialect: parseDialect(lines) };
}

function refuseByCodec({ codec }: StreamSummary): void {
  if (codec === '' || isAllowedCodec(codec)) return;
  throw new WorkerError(
    'VIDEO_FORMAT_UNSUPPORTED',
    `the video stream is ${codec}, which is not supported: send H.264, HEVC, VP8, VP9, AV1, MPEG-2/4, MJPEG or ProRes`,
  );
}

function refuseByPictureSize({ codedWidth, codedHeight }: StreamSummary, { maxPixels }: VideoLimits): void {
  if (codedWidth * codedHeight <= maxPixels) return;
  throw new WorkerError(
    'VIDEO_RESOLUTION_TOO_HIGH',
    `the picture has ${codedWidth}x${codedHeight} pixels, at most ${maxPixels} are allowed: scale the video down`,
  );
}

/** Asks once more for complaints alone. The telling one may come long before the last ones, so all of them are searched. */
async function explainUndecodable(
  exit: ProcessExit,
  { ffmpeg, args }: FfmpegCommand,
  signal: AbortSignal,
): Promise<WorkerError> {
  if (exit.signalName !== null) return explainFailure(exit);
  const lines: string[] = [];
  const onStderrLine = (line: string) => {
    if (lines.length < MAX_SUMMARY_LINES) lines.push(line);
  };
  const command = { ffmpeg, args: [...COMMON_OPTIONS, ...ONLY_COMPLAINTS, ...args], onStderrLine };
  const again = await runFfmpeg(command, () => {}, signal);
  if (exit.code !== 0 && again.code === 0) {
    throw new WorkerError('DECODER_FAILED', 'ffmpeg failed once, and not again: it is tried again', {
      cause: new Error(`ffmpeg ended with status ${exit.code}: ${exit.stderrTail.join('\n')}`),
    });
  }
  return explainFailure({ ...again, stderrTail: lines });
}

/** The first picture, and what its stream says of itself. */
interface ShownVideo {
  readonly codec: string;
  readonly container: string;
  readonly first: ShownPicture;
  readonly frameRate: number;
}

/** As an MP4's index alone tells; null where it does not. */
async function readNamedTimes(
  path: string,
  shown: ShownVideo,
  limits: VideoLimits,
): Promise<PictureLists | null> {
  const maxPackets = maxPicturesOf(limits);
  const index = await readMp4PacketIndex(path, { ...shown, maxPackets });
  const timeline = index === null ? null : timelineFrom(shown, index);
  const packets = index === null || timeline === null ? null : packetTable(index, timeline, false);
  return timeline === null || packets === null ? null : { timeline, packets };
}

/** As ffmpeg tells when it reads the whole file. */
async function readTimes(
  path: string,
  shown: ShownVideo,
  options: ProbeOptions,
  signal: AbortSignal,
): Promise<PictureLists> {
  const index = await readPacketIndex(path, options, signal);
  const timeline = timelineFrom(shown, index);
  if (wasCutOff(index.exit)) {
    const foundMs = timeline === null ? 0 : millisecondsAt(timeline, timeline.endTicks);
    throw new WorkerError(
      'VIDEO_CORRUPT',
      `the file is cut off after ${Math.round(foundMs / 100) / 10} s: upload it again`,
      { cause: new Error(index.exit.stderrTail.join('\n')) },
    );
  }
  // The times ffmpeg lists never go back: behind a first edit they are raised to the last of what that one reads and hides.
  const areRaised = shown.container === 'mov' && (await hasSeveralEdits(path));
  if (timeline !== null && !areRaised && !index.ptsTicks.some(Number.isNaN)) {
    return { timeline, packets: packetTable(index, timeline, true) };
  }
  const { ffmpeg, limits } = options;
  const { frameRate } = shown;
  const decoded = await readDecodedTimeline(path, { ffmpeg, maxPixels: limits.maxPixels, frameRate }, signal);
  return { timeline: decoded, packets: null };
}

function timelineFrom({ first, frameRate }: ShownVideo, index: PacketColumns): Timeline | null {
  const frameTicks = ticksPerSecond(index.timeBase) / frameRate;
  return timelineOf(shownPackets(index), index.timeBase, first.ptsTicks, frameTicks);
}
