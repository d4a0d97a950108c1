import { describe, expect, it } from '@jest/globals';
import { createDecoderLog } from '../../src/media/decoder-log.ts';

describe('the decoder log', () => {
  it('adds up what several children cost, in the words of old and new versions', () => {
    const log = createDecoderLog();
    for (const line of ['bench: utime=1.250s stime=0.050s rtime=2.000s', 'bench: utime=0.200s']) {
      const onStderrLine = log.listen();
      onStderrLine('frame=1');
      onStderrLine(line);
    }
    expect(log.cpuMs()).toBe(1500);
  });

  it.each(['1.2.3', '.', '9'.repeat(400), '999999999.000'])(
    'believes no text of a file that imitates the account of a child: %s',
    (seconds) => {
      const log = createDecoderLog();
      const onStderrLine = log.listen();
      onStderrLine(`bench: utime=${seconds}s stime=0.000s`);
      onStderrLine('bench: utime=0.200s stime=0.050s rtime=0.300s');
      expect(log.cpuMs()).toBe(250);
    },
  );

  it('knows no cost when none was told', () => {
    expect(createDecoderLog().cpuMs()).toBeNull();
  });

  it('keeps the last words only', () => {
    const log = createDecoderLog();
    const onStderrLine = log.listen();
    for (let i = 0; i < 100; i++) onStderrLine(`line ${i}`);
    expect(log.lastWords().split('\n')).toHaveLength(10);
    expect(log.lastWords()).toMatch(/line 99$/);
  });
});
