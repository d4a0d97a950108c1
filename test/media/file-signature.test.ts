import { describe, expect, it } from '@jest/globals';
import { refusedFormat } from '../../src/media/file-signature.ts';

function refusedHead(latin1: string) {
  return refusedFormat(Buffer.from(latin1.padEnd(300, '\0'), 'latin1'));
}

describe('refusedFormat', () => {
  it.each([
    '\0\0\0\x20ftypisom',
    '\0\0\0\x08wide\0\0\0\0mdat',
    'BM\0\0mdat',
    '\x1a\x45\xdf\xa3',
    'RIFF\0\0\0\0AVI LIST',
    'FLV\x01',
    '\0\0\x01\xba',
    `G${'\0'.repeat(187)}G`,
    `GIF8${'\0'.repeat(184)}G`,
  ])('is none for containers: %j', (head) => {
    expect(refusedHead(head)).toBeNull();
  });

  it.each([
    ['\xff\xd8\xff\xe0', 'a JPEG image'],
    ['\x89PNG\r\n\x1a\n', 'a PNG image'],
    ['\0\0\0\x20ftypavif', 'a still image (AVIF or HEIF)'],
    ['\0\0\0\x20ftypheic', 'a still image (AVIF or HEIF)'],
    ['RIFF\0\0\0\0WEBPVP8 ', 'a WebP image'],
    ['RIFF\0\0\0\0WAVEfmt ', 'an audio file'],
    ['#EXTM3U\n#EXTINF:1,\n/etc/passwd\n', 'an HLS playlist, not the video it names'],
    ['\xef\xbb\xbf#EXTM3U\n', 'an HLS playlist, not the video it names'],
    ['ffconcat version 1.0\nfile /etc/passwd\n', 'an ffconcat script, not the video it names'],
  ])('knows what is sent in place of a video: %j', (head, name) => {
    expect(refusedHead(head)).toBe(name);
  });

  it('knows a text', () => {
    expect(refusedFormat(Buffer.from('{"error": "not found", "status": 404}'))).toBe('a text file');
  });

  it('leaves the rest to the decoder', () => {
    expect(refusedFormat(Uint8Array.of(1, 2, 3, 4))).toBeNull();
    expect(refusedFormat(new Uint8Array(0))).toBeNull();
  });
});
