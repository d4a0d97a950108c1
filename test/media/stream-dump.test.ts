import { describe, expect, it } from '@jest/globals';
import { parseStreamSummary } from '../../src/media/stream-dump.ts';

function summaryOf(text: string) {
  return parseStreamSummary(text.split('\n').filter((line) => line !== ''));
}

const NEW_STYLE = `
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'file:/v.mp4':
  Metadata:
    major_brand     : isom
  Duration: 00:00:10.01, start: 0.000000, bitrate: 1059 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 1280x544 [SAR 1:1 DAR 40:17], 861 kb/s, 23.98 fps, 23.98 tbr, 24k tbn (default)
    Metadata:
      handler_name    : VideoHandler
    Side data:
      displaymatrix: rotation of -90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 44100 Hz, stereo, fltp, 192 kb/s (default)
Stream mapping:
  Stream #0:0 -> #0:0 (h264 (native) -> wrapped_avframe (native))
`;
const OLD_STYLE = `
Input #0, matroska,webm, from 'v.mkv':
  Duration: 00:00:02.93, start: 0.033000, bitrate: 700 kb/s
    Stream #0:0: Video: vp9 (Profile 0), yuv420p(tv, progressive), 352x288, SAR 1:1 DAR 11:9, 30 fps, 30 tbr, 1k tbn, 1k tbc (default)
`;

describe('parseStreamSummary', () => {
  it('reads the words of a new ffmpeg', () => {
    expect(summaryOf(NEW_STYLE)).toEqual({
      container: 'mov',
      codec: 'h264',
      frameRate: 24_000 / 1001,
      rotationDegrees: 90,
      codedWidth: 1280,
      codedHeight: 544,
    });
  });

  it('reads the deeper indented words of ffmpeg 7', () => {
    const deeper = NEW_STYLE.replace('      displaymatrix', '        displaymatrix');
    expect(summaryOf(deeper).rotationDegrees).toBe(90);
  });

  it('reads the words of an old ffmpeg', () => {
    expect(summaryOf(OLD_STYLE)).toEqual({
      container: 'matroska',
      codec: 'vp9',
      frameRate: 30,
      rotationDegrees: 0,
      codedWidth: 352,
      codedHeight: 288,
    });
  });

  it('passes over cover pictures and other streams', () => {
    const cover = `
  Stream #0:0: Video: mjpeg (Baseline), yuvj420p, 600x600, 90k tbr, 90k tbn (attached pic)
      displaymatrix: rotation of 180.00 degrees
  Stream #0:1: Video: hevc (Main), yuv420p, 64x32, 25 fps, 25 tbr, 90k tbn
`;
    expect(summaryOf(cover)).toMatchObject({ codec: 'hevc', codedWidth: 64, rotationDegrees: 0 });
  });

  it('takes the mean where the grid is only a clock', () => {
    const line = (rates: string) => `  Stream #0:0: Video: h264, yuv420p, 64x32, ${rates}, 90k tbn`;
    expect(summaryOf(line('16.05 fps, 23.98 tbr')).frameRate).toBe(24_000 / 1001);
    expect(summaryOf(line('24.5 fps, 1k tbr')).frameRate).toBe(24.5);
    expect(summaryOf(line('5.2 fps, 60 tbr')).frameRate).toBe(60);
    expect(summaryOf(line('90k tbr')).frameRate).toBeNull();
    expect(summaryOf('').frameRate).toBeNull();
  });

  it('believes no tag that imitates a stream', () => {
    const spoofed = `${NEW_STYLE.replace('isom', 'isom\n                    :   Stream #0:0: Video: evil, 9x9')}`;
    expect(summaryOf(spoofed).codec).toBe('h264');
  });

  it.each(['1.2.3', '.', '9'.repeat(400)])('takes no turn of %s degrees for a number', (degrees) => {
    const imitated = `      displaymatrix: rotation of ${degrees} degrees\n      displaymatrix`;
    expect(summaryOf(NEW_STYLE.replace('      displaymatrix', imitated)).rotationDegrees).toBe(90);
  });

  it('knows rates as low as ffmpeg prints them, and takes none that would have pictures last for ever', () => {
    const line = (rate: string) => `  Stream #0:0: Video: h264, yuv420p, 64x32, ${rate} fps, 1k tbn`;
    expect(summaryOf(line('0.0003')).frameRate).toBe(0.0003);
    expect(summaryOf(line(`0.${'0'.repeat(310)}1`)).frameRate).toBeNull();
    expect(summaryOf(line('1.2.3')).frameRate).toBeNull();
  });
});
