import { describe, expect, it } from '@jest/globals';
import { createDecoderLog } from '../../src/media/decoder-log.ts';

describe('the decoder log', () => {
  it('adds up what several children cost, in the words of old and new versions', () => {
    const log = createDecoderLog();
    for (const line of ['frame=1', 'bench: utime=1.250s stime=0.050s rtime=2.000s', 'bench: utime=0.200s']) {
      log.onStderrLine(line);
    }
    expect(log.cpuMs()).toBe(1500);
  });

  it('knows no cost when none was told', () => {
    expect(createDecoderLog().cpuMs()).toBeNull();
  });

  it('keeps the last words only', () => {
    const log = createDecoderLog();
    for (let i = 0; i < 100; i++) log.onStderrLine(`line ${i}`);
    expect(log.lastWords().split('\n')).toHaveLength(10);
    expect(log.lastWords()).toMatch(/line 99$/);
  });
});
