import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type DecodeOptions, decodeCommand } from '../../../src/media/decode-command.ts';
import { ffmpegDialect } from '../../../src/media/ffmpeg-dialect.ts';
import { ALLOWED_CODECS } from '../../../src/media/input-options.ts';

const SCRIPT = readFileSync(join(import.meta.dirname, '../../../infra/image/build-ffmpeg.sh'), 'utf8');

/** What the image's ffmpeg is built with, by the list's name in the script. */
function builtIn(list: string): string[] {
  const [, names = ''] = new RegExp(`^readonly ${list}=(.+)$`, 'm').exec(SCRIPT) ?? [];
  return names.split(',');
}

function decoding(differing: Partial<DecodeOptions>): ReturnType<typeof decodeCommand> {
  return decodeCommand({
    ffmpeg: 'ffmpeg',
    dialect: ffmpegDialect(57),
    input: 'pipe:0',
    maxPixels: 1,
    threads: 1,
    wantedTicks: [0, 1],
    rotationDegrees: 0,
    pixelFormat: 'yuv420p',
    colour: { range: 'tv', matrix: 'bt709' },
    size: { width: 2, height: 2 },
    isFirstSummed: true,
    ...differing,
  });
}

/** Names of the filters in a graph; what stands between quotes or brackets is no filter. */
function filtersOf(graph: string): string[] {
  const plain = graph.replaceAll(/'[^']*'|\[\w+\]/g, '');
  return plain.split(/[,;]/).map((filter) => filter.split(/[=@]/)[0] ?? '');
}

describe("the image's ffmpeg", () => {
  it('decodes every codec that a file may have', () => {
    const decoders = builtIn('DECODERS');
    const without = Object.entries(ALLOWED_CODECS).filter(
      ([, any]) => !any.some((one) => decoders.includes(one)),
    );
    expect(without).toEqual([]);
  });

  it('decodes with nothing that no file may reach', () => {
    const allowed = Object.values(ALLOWED_CODECS).flat();
    expect(builtIn('DECODERS').filter((decoder) => !allowed.includes(decoder))).toEqual([]);
  });

  it.each([
    {},
    { isFirstSummed: false, pixelFormat: 'yuv420p10le' },
    { rotationDegrees: 90 },
    { rotationDegrees: 180 },
    { rotationDegrees: 270 },
  ])('has the filters and the output that pictures come through: %o', (differing) => {
    const { args, files } = decoding(differing);
    const used = Object.values(files ?? {}).flatMap(filtersOf);
    expect(used).toContain('showinfo');
    expect(used.filter((filter) => !builtIn('FILTERS').includes(filter))).toEqual([]);
    expect(builtIn('MUXERS')).toContain(args[args.indexOf('-f') + 1]);
  });
});
