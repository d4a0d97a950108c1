import { describe, expect, it } from '@jest/globals';
import { explainFailure, wasCutOff } from '../../src/media/ffmpeg-failure.ts';

function ended(stderrTail: string[], signalName: NodeJS.Signals | null = null) {
  return { code: signalName === null ? 1 : null, signalName, stderrTail };
}

describe('explainFailure', () => {
  it.each([
    ['[mov @ 0x1] moov atom not found', 'VIDEO_CORRUPT'],
    ["Stream map '0:V:0' matches no streams.", 'VIDEO_STREAM_MISSING'],
    ["[image2 @ 0x1] Format not on whitelist 'mov'", 'VIDEO_FORMAT_UNSUPPORTED'],
    ["No such filter: 'showinfo'", 'FFMPEG_MISSING'],
    ['[IMGUTILS @ 0x1] Picture size 16000x8000 is invalid', 'VIDEO_TOO_LARGE'],
    [
      '[mov @ 0x1] Number of streams exceeds max_streams parameter (100), see the documentation',
      'VIDEO_FORMAT_UNSUPPORTED',
    ],
    ['Cannot allocate memory', 'DECODER_FAILED'],
    ['anything else', 'VIDEO_CORRUPT'],
  ])('knows what %j means', (line, code) => {
    expect(explainFailure(ended(['before', line, 'after']))).toMatchObject({ code });
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
    expect(wasCutOff(ended(['fine']))).toBe(false);
  });
});
