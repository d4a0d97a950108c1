/** Translates ffmpeg's complaints into the worker's closed set of errors: what is wrong with the video, and what to do. */
import { type ErrorCode, WorkerError } from '../errors.ts';
import type { ProcessExit } from './confined-process.ts';

/** Known complaints, the most telling first. */
const COMPLAINTS: ReadonlyArray<readonly [line: RegExp, code: ErrorCode, message: string]> = [
  [
    saidByFfmpeg(String.raw`Picture size \d+x\d+ (?:exceeds specified max pixel count|is invalid)`),
    'VIDEO_RESOLUTION_TOO_HIGH',
    'the picture has more pixels than are allowed: scale the video down',
  ],
  [
    saidByFfmpeg('Number of streams exceeds max_streams parameter'),
    'VIDEO_FORMAT_UNSUPPORTED',
    'the file has more streams than are allowed: export only its pictures and its sound',
  ],
  [
    saidByFfmpeg('moov atom not found'),
    'VIDEO_CORRUPT',
    'the file has no index (moov atom), so it was cut off or never finished: upload it again',
  ],
  [
    saidByFfmpeg('file:.*: Cannot allocate memory$'),
    'VIDEO_CORRUPT',
    'the file cannot be opened, because its index claims more than fits into memory: it is damaged; export it again',
  ],
  [
    saidByFfmpeg("Stream map '.*' matches no streams|Output file (?:#\\d+ )?does not contain any stream"),
    'VIDEO_STREAM_MISSING',
    'the file has no video stream: send a file with pictures',
  ],
  [
    saidByFfmpeg('Format not on whitelist|Protocol .* not on whitelist'),
    'VIDEO_FORMAT_UNSUPPORTED',
    'the file is no video in a supported container: send MP4, MOV, MKV, WebM, MPEG-TS, AVI or FLV',
  ],
  [
    saidByFfmpeg(
      String.raw`No such filter|Requested output format '.*' is not (?:known|a suitable output format)|Unrecognized option|Automatic encoder selection failed|Decoder \(codec (?!none\b)\w+\) not found|\S+: error while loading shared libraries`,
    ),
    'FFMPEG_MISSING',
    'this ffmpeg lacks a part the worker needs: install a complete one (Debian: apt-get install -y ffmpeg)',
  ],
];

/** What the demultiplexers say of a file whose end is missing. */
const CUT_OFF = saidByFfmpeg(String.raw`stream \d+, offset 0x[0-9a-f]+: partial file|File ended prematurely`);

/** Whether the file ends before its index says it does. */
export function wasCutOff({ stderrTail }: ProcessExit): boolean {
  return stderrTail.some((line) => CUT_OFF.test(line));
}

/** Lines that begin so, or so behind the names of who says it, each with where it lies in memory. Tags, a file's own text, are indented. */
function saidByFfmpeg(begin: string): RegExp {
  return new RegExp(String.raw`^(?:\[[^\]]+ @ 0x[0-9a-f]+\] )*(?:${begin})`);
}

/**
 * The error for a child that gave no picture. A child that a signal killed is a decoder that crashed, which may be the machine's fault:
 * it is tried again. Everything else is the file's.
 */
export function explainFailure(exit: ProcessExit): WorkerError {
  const lines = exit.stderrTail;
  const words = lines.join('\n');
  const ending = `ffmpeg ended with ${exit.signalName ?? `status ${exit.code}`}`;
  const cause = new Error(words === '' ? ending : `${ending}: ${words}`);
  if (exit.signalName !== null) {
    return new WorkerError('DECODER_FAILED', `ffmpeg was ended by ${exit.signalName}: it is tried again`, {
      cause,
      endedBySignal: true,
    });
  }
  const known = COMPLAINTS.find(([complaint]) => lines.some((line) => complaint.test(line)));
  if (known !== undefined) return new WorkerError(known[1], known[2], { cause });
  if (/Cannot allocate memory|Resource temporarily unavailable|No space left/.test(words)) {
    return new WorkerError('DECODER_FAILED', 'ffmpeg ran out of resources: it is tried again', { cause });
  }
  return new WorkerError(
    'VIDEO_CORRUPT',
    'no picture of the file can be decoded: it is damaged or no video; export it again',
    { cause },
  );
}
