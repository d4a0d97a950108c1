/** What ffmpeg may do with a stranger's file: the options that stand before every `-i`. */

/** Demultiplexers, by ffmpeg's names. Everything that opens other files (playlists, scripts) or is no video stays out. */
const ALLOWED_FORMATS = [
  'mov',
  'mp4',
  'm4a',
  '3gp',
  '3g2',
  'mj2',
  'matroska',
  'webm',
  'avi',
  'mpegts',
  'mpeg',
  'flv',
];

/**
 * Codecs by the names ffmpeg's summary gives them, and the decoders that may take each: what cameras, phones, editors and streaming sites
 * write. Odd decoders are where the holes are.
 */
export const ALLOWED_CODECS: Readonly<Record<string, readonly string[]>> = {
  h264: ['h264'],
  hevc: ['hevc'],
  vp8: ['vp8', 'libvpx'],
  vp9: ['vp9', 'libvpx-vp9'],
  av1: ['libdav1d', 'libaom-av1', 'av1'],
  mpeg4: ['mpeg4'],
  mpeg2video: ['mpeg2video'],
  mpeg1video: ['mpeg1video'],
  h263: ['h263'],
  flv1: ['flv'],
  mjpeg: ['mjpeg'],
  prores: ['prores'],
  dnxhd: ['dnxhd'],
  vc1: ['vc1'],
  wmv3: ['wmv3'],
};

/** Whether streams of this codec, by the name in ffmpeg's summary, are decoded at all. */
export function isAllowedCodec(codec: string): boolean {
  return Object.hasOwn(ALLOWED_CODECS, codec);
}

/** No picture within the limits needs a larger block of memory; a hostile header may ask for one. */
const MAX_BLOCK_BYTES = 512 * 1024 ** 2;

/**
 * Streams a file may have. Each of them costs a decoder while the file is opened, wanted or not: a thousand took 1.6 GB. Films with every
 * language and their fonts have some dozens.
 */
const MAX_STREAMS = 100;

/** Options every child shares: it asks nothing, and says what it finds and in the end what it cost, line by line. */
export const COMMON_OPTIONS: readonly string[] = [
  '-nostdin',
  '-nostats',
  '-benchmark',
  '-max_alloc',
  String(MAX_BLOCK_BYTES),
  '-loglevel',
  'repeat+info',
];

/** Behind them, where only complaints are read: what ffmpeg tells of a file repeats the file's own text, which may imitate any of them. */
export const ONLY_COMPLAINTS: readonly string[] = ['-hide_banner', '-loglevel', 'repeat+error'];

/**
 * Times from a pipe are numbers of our own choice; those of a file are moved to begin near zero. And at the end of its input the H.264
 * decoder would keep to itself what waits in it behind a recovery point (H.264, D.2.8), as if it came before it.
 */
const PIPE_OPTIONS: readonly string[] = ['-copyts', '-fpsprobesize', '0', '-flags', '+output_corrupt'];

/**
 * The input options for one file: protocol, format and decoder whitelists, limits on the picture size and the number of streams, the
 * number of decoding threads, and the file by its absolute path.
 * @param file absolute path, or `pipe:0`
 */
export function inputOptions(file: string, maxPixels: number, threads = 1): readonly string[] {
  const fromPipe = file.startsWith('pipe:');
  return [
    ...(fromPipe ? PIPE_OPTIONS : []),
    '-protocol_whitelist',
    fromPipe ? 'pipe' : 'file',
    '-format_whitelist',
    ALLOWED_FORMATS.join(','),
    '-codec_whitelist',
    Object.values(ALLOWED_CODECS).flat().join(','),
    '-max_pixels',
    String(maxPixels),
    '-max_streams',
    String(MAX_STREAMS),
    '-threads',
    String(threads),
    '-i',
    fromPipe ? file : `file:${file}`,
  ];
}

/** The first video stream that is no cover picture. */
export const MAP_VIDEO: readonly string[] = ['-map', '0:V:0'];
