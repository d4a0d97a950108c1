import { describe, expect, it } from '@jest/globals';
import { createLineSplitter } from '../../src/media/line-splitter.ts';

function split(...chunks: string[]): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(line));
  for (const chunk of chunks) splitter.push(Buffer.from(chunk));
  splitter.end();
  return lines;
}

describe('a line splitter', () => {
  it('joins what chunks cut apart', () => {
    expect(split('on', 'e\ntw', 'o\n', 'three')).toEqual(['one', 'two', 'three']);
  });

  it('takes every kind of line end and skips empty lines', () => {
    expect(split('a\r\nb\rc\n\n\nd')).toEqual(['a', 'b', 'c', 'd']);
  });

  it('joins characters that chunks cut apart', () => {
    const bytes = Buffer.from('é\n');
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    for (const byte of bytes) splitter.push(Uint8Array.of(byte));
    expect(lines).toEqual(['é']);
  });

  it('keeps only the start of an overlong line, however it comes', () => {
    const lines = split(...Array.from({ length: 100 }, () => 'x'.repeat(1000)), '\nshort\n');
    expect(lines.map((line) => line.length)).toEqual([4096, 5]);
  });
});
