import { describe, expect, it } from '@jest/globals';
import { explainFailure, wasCutOff } from '../../src/media/ffmpeg-failure.ts';

function ended(stderrTail: string[], signalName: NodeJS.Signals | null = null) {
  return { code: signalName === null ? 1 : null, signalName, stderrTail };
}

describe('explainFailure', () => {
  it.each([
    ['[mov @ 0x1] moov atom not found', 'VIDEO_CORRUPT'],
    ["Stream map '0:V:0' matches no streams.", 'VIDEO_STREAM_MISSING'],
    ["[out#0/null @ 0x1] Stream map '0:V:0' matches no streams.", 'VIDEO_STREAM_MISSING'],
    ['Output file #0 does not contain any stream', 'VIDEO_STREAM_MISSING'],
    ["[image2 @ 0x1] Format not on whitelist 'mov'", 'VIDEO_FORMAT_UNSUPPORTED'],
    ["[AVFilterGraph @ 0x1] No such filter: 'showinfo'", 'FFMPEG_MISSING'],
    ["[NULL @ 0x1] Requested output format 'null' is not a suitable output format", 'FFMPEG_MISSING'],
    ['ffmpeg: error while loading shared libraries: libx264.so', 'FFMPEG_MISSING'],
    [
      '[h264 @ 0x1] [IMGUTILS @ 0x2] Picture size 160x96 exceeds specified max pixel count 100',
      'VIDEO_RESOLUTION_TOO_HIGH',
    ],
    ['[IMGUTILS @ 0x1] Picture size 16000x8000 is invalid', 'VIDEO_RESOLUTION_TOO_HIGH'],
    [
      '[mov @ 0x1] Number of streams exceeds max_streams parameter (100), see the documentation',
      'VIDEO_FORMAT_UNSUPPORTED',
    ],
    ['Cannot allocate memory', 'DECODER_FAILED'],
    ['file:/tmp/video: Cannot allocate memory', 'VIDEO_CORRUPT'],
    ['Decoder (codec hevc) not found for input stream #0:0', 'FFMPEG_MISSING'],
    ['Decoder (codec none) not found for input stream #0:0', 'VIDEO_CORRUPT'],
    ['anything else', 'VIDEO_CORRUPT'],
  ])('knows what %j means', (line, code) => {
    expect(explainFailure(ended(['before', line, 'after']))).toMatchObject({ code });
  });

  it.each([
    '    title           : moov atom not found',
    "                    : No such filter: 'showinfo'",
    '    title           : [mov @ 0x1] moov atom not found',
  ])('believes no tag: %j', (line) => {
    expect(explainFailure(ended([line]))).toMatchObject({ message: expect.stringContaining('damaged') });
  });

  it('blames a crash on nobody: the job is tried again', () => {
    const error = explainFailure(ended(['moov atom not found'], 'SIGSEGV'));
    expect(error).toMatchObject({ code: 'DECODER_FAILED', kind: 'retry', endedBySignal: true });
    expect(error.message).toContain('SIGSEGV');
  });

  it('takes no lack of memory for a crash', () => {
    const error = explainFailure(ended(['Cannot allocate memory']));
    expect(error).toMatchObject({ kind: 'retry', endedBySignal: false });
  });

  it("keeps ffmpeg's own words, which may name paths, in the cause only", () => {
    const error = explainFailure(ended(['/private/v.mp4: Invalid data found']));
    expect(error.message).not.toContain('/private');
    expect(String(error.cause)).toContain('/private');
  });

  it('sees that a file was cut off', () => {
    expect(wasCutOff(ended(['[mov @ 0x1] stream 0, offset 0x9f: partial file']))).toBe(true);
    expect(wasCutOff(ended(['[matroska,webm @ 0x1] File ended prematurely']))).toBe(true);
    expect(wasCutOff(ended(['fine']))).toBe(false);
    expect(wasCutOff(ended(['    title           : File ended prematurely']))).toBe(false);
  });
});
