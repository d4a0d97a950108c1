/** What is known of a video before any of its samples is decoded. Plain data: it crosses thread borders. */
import type { FfmpegDialect } from './ffmpeg-dialect.ts';
import type { PacketTable } from './packet-table.ts';
import type { Colour } from './shown-picture.ts';
import type { Timeline } from './timeline.ts';

/** What is known of a video's pictures. */
export interface PictureLists {
  /** When each picture is shown, from the first that can be decoded. */
  readonly timeline: Timeline;
  /** The packets the pictures come in; null where the container does not tell one picture from the next. */
  readonly packets: PacketTable | null;
}

/** The first video stream of a file that is no cover picture. */
export interface VideoInfo extends PictureLists {
  /** Pixels of the upright picture as ffmpeg's crop filter sees it: rotation applied, sample aspect ratio not. */
  readonly width: number;
  readonly height: number;
  /** How far the stored picture is turned clockwise to stand upright, 0..359; 0 in nearly all files, 90 for a phone held upright. */
  readonly rotationDegrees: number;
  /** Width of a pixel by its height, of the upright picture; 1 for square pixels. */
  readonly sampleAspectRatio: number;
  /** From the presentation of the first picture to the end of the last one; the sound may last longer. */
  readonly durationMs: number;
  /** Pictures a second the stream is made for; with a variable frame rate the finest regular grid its times lie on. */
  readonly frameRate: number;
  /** Codec by ffmpeg's name: h264, hevc, vp9, av1, ... */
  readonly codec: string;
  /** Container by ffmpeg's first name for it: mov, matroska, mpegts, avi, ... */
  readonly container: string;
  /** Layout of the decoded pixels by ffmpeg's name: yuv420p, yuv444p10le, ... */
  readonly pixelFormat: string;
  /** How the decoded pixels stand for colours. */
  readonly colour: Colour;
  /** ffmpeg's checksum of the first picture, upright: any way to decode the file must arrive at it. */
  readonly firstPictureChecksum: string;
  /** How the ffmpeg that looked at the video wants its options spelled. */
  readonly dialect: FfmpegDialect;
}
