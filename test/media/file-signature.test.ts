import { describe, expect, it } from '@jest/globals';
import { fileSignature } from '../../src/media/file-signature.ts';

function signatureOf(latin1: string) {
  return fileSignature(Buffer.from(latin1.padEnd(300, '\0'), 'latin1'));
}

describe('fileSignature', () => {
  it.each([
    ['\0\0\0\x20ftypisom', 'an MP4 or QuickTime file'],
    ['\0\0\0\x08wide\0\0\0\0mdat', 'a QuickTime file'],
    ['\x1a\x45\xdf\xa3', 'a Matroska or WebM file'],
    ['RIFF\0\0\0\0AVI LIST', 'an AVI file'],
    ['FLV\x01', 'an FLV file'],
    ['\0\0\x01\xba', 'an MPEG program stream'],
    [`G${'\0'.repeat(187)}G`, 'an MPEG transport stream'],
  ])('knows containers: %j', (head, name) => {
    expect(signatureOf(head)).toEqual({ kind: 'video', name });
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
    expect(signatureOf(head)).toEqual({ kind: 'other', name });
  });

  it('knows a text', () => {
    expect(fileSignature(Buffer.from('{"error": "not found", "status": 404}'))).toEqual({
      kind: 'other',
      name: 'a text file',
    });
  });

  it('leaves the rest to the decoder', () => {
    expect(fileSignature(Uint8Array.of(1, 2, 3, 4))).toMatchObject({ kind: 'unknown' });
    expect(fileSignature(new Uint8Array(0))).toMatchObject({ kind: 'unknown' });
  });
});
