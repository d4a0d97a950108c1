import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openDemuxedPacketSource } from '../../src/media/demuxed-packet-source.ts';
import { openMp4PacketSource } from '../../src/media/mp4-packet-source.ts';
import { openPacketSource } from '../../src/media/open-packet-source.ts';
import type { PacketSource } from '../../src/media/packet-source.ts';
import type { PacketTable } from '../../src/media/packet-table.ts';
import { probeVideo } from '../../src/media/probe.ts';
import { DEFAULT_VIDEO_LIMITS } from '../../src/media/video-limits.ts';
import { CLIP_KINDS, canMake, makeClip } from './clip-kinds.ts';
import { clipFolder, ffmpeg, makeCountedClip, runOwn } from './counted-clip.ts';

const never = new AbortController().signal;
const clips = clipFolder();
const plain = clips.path('plain.mp4');
const ONE = 0x10000;

beforeAll(() => makeCountedClip(plain, { frameRate: 25, frames: 60 }, '-c:v libx264 -g 20 -bf 3'.split(' ')));
afterAll(clips.remove);

async function tableOf(file: string): Promise<PacketTable> {
  const { packets } = await probeVideo(file, { ffmpeg, limits: DEFAULT_VIDEO_LIMITS }, never);
  if (packets === null) throw new Error('the clip has no packets');
  return packets;
}

const whole = (file: string, table: PacketTable) => ({
  file,
  table,
  container: 'mov',
  parts: null,
  arrivals: null,
});

/** All a source says, and the bytes of all its packets. */
async function contentOf(source: PacketSource | null) {
  if (source === null) return null;
  const { table, namedKeys, configuration, width, height, rotationDegrees, isMirrored } = source;
  const packets: Buffer[] = [];
  for await (const { data } of source.read({ first: 0, last: table.bytes.length - 1 })) {
    packets.push(Buffer.from(data));
  }
  source.close();
  const record = configuration === null ? null : Buffer.from(configuration);
  return { table, namedKeys, record, width, height, rotationDegrees, isMirrored, packets };
}

/** The plain clip with another matrix in its track header: type, size before, and version, flags, times, id, and layers between. */
function turned(name: string, [a, b, c, d]: readonly [number, number, number, number]): string {
  const bytes = readFileSync(plain);
  const matrix = bytes.indexOf('tkhd') + 4 + 40;
  for (const [at, value] of [
    [0, a],
    [4, b],
    [12, c],
    [16, d],
  ] as const) {
    bytes.writeInt32BE(value * ONE, matrix + at);
  }
  const file = clips.path(`${name}.mp4`);
  writeFileSync(file, bytes);
  return file;
}

/** The plain clip, whose index lies behind its pictures, with their description written down once more. */
function describedTwice(): string {
  const bytes = readFileSync(plain);
  const stsd = bytes.indexOf('stsd') - 4;
  const entry = stsd + 16;
  const entryBytes = bytes.readUInt32BE(entry);
  const twice = [
    bytes.subarray(0, entry + entryBytes),
    bytes.subarray(entry, entry + entryBytes),
    bytes.subarray(entry + entryBytes),
  ];
  const out = Buffer.concat(twice);
  out.writeUInt32BE(2, stsd + 12);
  for (const type of ['stsd', 'stbl', 'minf', 'mdia', 'trak', 'moov']) {
    const box = bytes.lastIndexOf(type, stsd + 4) - 4;
    out.writeUInt32BE(bytes.readUInt32BE(box) + entryBytes, box);
  }
  const file = clips.path('described-twice.mp4');
  writeFileSync(file, out);
  return file;
}

describe('an MP4 read by its own index', () => {
  const kinds = CLIP_KINDS.filter(
    ({ file, encoding }) => /^(?!fragmented).*\.(mp4|mov)$/.test(file) && /26[45]/.test(encoding),
  );
  it.each(kinds.filter(canMake))('has what a demultiplexer finds in it: $name', async (kind) => {
    const file = clips.path(`kind-${kind.file}`);
    makeClip(kind, file, 90);
    const asked = whole(file, await tableOf(file));
    const own = await contentOf(await openMp4PacketSource(asked));
    expect(own).not.toBeNull();
    expect(own).toEqual(await contentOf(await openDemuxedPacketSource(asked, never)));
  });

  it.each([
    ['a quarter', [0, 1, -1, 0], { rotationDegrees: 90, isMirrored: false }],
    ['a half', [-1, 0, 0, -1], { rotationDegrees: 180, isMirrored: false }],
    ['three quarters', [0, -1, 1, 0], { rotationDegrees: 270, isMirrored: false }],
  ] as const)('is turned by %s as a demultiplexer says', async (name, matrix, turn) => {
    const file = turned(name, matrix);
    const asked = whole(file, await tableOf(file));
    const own = await openMp4PacketSource(asked);
    expect(own).toMatchObject(turn);
    const demuxed = await openDemuxedPacketSource(asked, never);
    expect(demuxed).toMatchObject(turn);
    own?.close();
    demuxed?.close();
  });

  it('says that it is mirrored, and leaves other turns to others', async () => {
    const mirrored = turned('mirrored', [-1, 0, 0, 1]);
    const source = await openMp4PacketSource(whole(mirrored, await tableOf(mirrored)));
    expect(source?.isMirrored).toBe(true);
    source?.close();
    const slanted = turned('slanted', [0.7, 0.7, -0.7, 0.7]);
    expect(await openMp4PacketSource(whole(slanted, await tableOf(plain)))).toBeNull();
  });

  it('is left to others where the table speaks of other packets, and where it has no index of its own', async () => {
    const table = await tableOf(plain);
    const larger = { ...table, bytes: table.bytes.map((bytes) => bytes + 1) };
    expect(await openMp4PacketSource(whole(plain, larger))).toBeNull();
    const fragmented = clips.path('fragmented.mp4');
    runOwn(['-i', plain, '-c', 'copy', '-movflags', 'frag_keyframe+empty_moov', fragmented]);
    expect(await openMp4PacketSource(whole(fragmented, table))).toBeNull();
  });

  it('gives out nothing that was not fetched, and begins at keyframes', async () => {
    const table = await tableOf(plain);
    const source = await openMp4PacketSource({ ...whole(plain, table), parts: [{ start: 0, end: 200 }] });
    const first = () => source?.read({ first: 0, last: 0 }).next();
    await expect(first()).rejects.toThrow('were not fetched');
    await expect(source?.read({ first: 1, last: 1 }).next()).rejects.toThrow('packet 1 is no keyframe');
    source?.close();
    await expect(first()).rejects.toThrow(RangeError);
  });

  it('gives out all that was fetched, packet by packet, however many are read at once', async () => {
    const table = await tableOf(plain);
    const all = await contentOf(await openMp4PacketSource(whole(plain, table)));
    const [firstPacket = Buffer.alloc(0)] = all?.packets ?? [];
    const start = readFileSync(plain).indexOf(firstPacket);
    // The pictures of a clip without sound lie one behind the other.
    const end = start + table.bytes.subarray(0, 7).reduce((sum, bytes) => sum + bytes, 0);
    const source = await openMp4PacketSource({ ...whole(plain, table), parts: [{ start, end }] });
    const given: Buffer[] = [];
    const reading = async () => {
      for await (const { data } of source?.read({ first: 0, last: 10 }) ?? []) given.push(Buffer.from(data));
    };
    await expect(reading()).rejects.toThrow('were not fetched');
    expect(given).toEqual(all?.packets.slice(0, 7));
    source?.close();
  });
});

it('packets of a track with two descriptions are read by nobody: a decoder of single packets would be told the first', async () => {
  const file = describedTwice();
  const asked = whole(file, await tableOf(file));
  expect(await openMp4PacketSource(asked)).toBeNull();
  expect(await openPacketSource(asked, never)).toBeNull();
  const once = await openPacketSource(whole(plain, await tableOf(plain)), never);
  expect(once).not.toBeNull();
  once?.close();
});
