import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type DownloadProgress, downloadModel } from '../../src/inference/model-download.ts';
import { type ModelEntry, modelEntrySchema } from '../../src/inference/model-manifest.ts';
import { type Behaviour, type FileServer, serveFile } from '../helpers/file-server.ts';
import { until } from '../helpers/until.ts';

const bytes = randomBytes(200_000);
const never = new AbortController().signal;
let directory: string;
let server: FileServer;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'download-'));
});

afterEach(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

async function entryServedBy(...behaviours: Behaviour[]): Promise<ModelEntry> {
  server = await serveFile(bytes, ...behaviours);
  return modelEntrySchema.parse({
    name: 'network',
    role: 'face-detector',
    file: 'downloads/network.onnx',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    bytes: bytes.length,
    licence: 'MIT',
    source: 'a test',
    download: { url: server.url, licenceMustBeAccepted: false },
    inputs: [],
    outputs: [],
  });
}

function filesHere(): Promise<string[]> {
  return readdir(join(directory, 'downloads'));
}

describe('fetching a network', () => {
  it('writes the file where the manifest says and reports its progress', async () => {
    const entry = await entryServedBy();
    const seen: DownloadProgress[] = [];
    const { path, wasPresent } = await downloadModel(
      entry,
      { directory, onProgress: (progress) => seen.push(progress) },
      never,
    );
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(wasPresent).toBe(false);
    expect(await filesHere()).toEqual(['network.onnx']);
    expect(seen.at(-1)).toEqual({ receivedBytes: bytes.length, totalBytes: bytes.length });
  });

  it('asks nobody when the right file is there, and replaces a wrong one', async () => {
    const entry = await entryServedBy();
    await mkdir(join(directory, 'downloads'));
    await writeFile(join(directory, entry.file), 'something else');
    expect((await downloadModel(entry, { directory }, never)).wasPresent).toBe(false);
    expect(await downloadModel(entry, { directory }, never)).toMatchObject({
      wasPresent: true,
      bytes: bytes.length,
    });
    expect(server.ranges).toEqual([null]);
  });

  it('goes on where a connection broke', async () => {
    const entry = await entryServedBy('silent');
    const onProgress = () => server.cut();
    await expect(downloadModel(entry, { directory, onProgress }, never)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/^network could not be fetched from .*; run the command again to go on/),
    });
    const [part] = await filesHere();
    expect(part).toBe('network.onnx.part');
    const have = (await readFile(join(directory, 'downloads', part ?? ''))).length;
    expect(have).toBeGreaterThan(0);
    const { path } = await downloadModel(entry, { directory }, never);
    expect(server.ranges).toEqual([null, `bytes=${have}-`]);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it.each([
    ['the server ignores the range', 'ignore range', 1000],
    ['the part is longer than the file', 'whole', 300_000],
    ['the address has moved', 'moved', 0],
  ] as const)('starts from the right place when %s', async (_, behaviour, have) => {
    const entry = await entryServedBy(behaviour);
    await mkdir(join(directory, 'downloads'));
    if (have > 0) await writeFile(join(directory, `${entry.file}.part`), randomBytes(have));
    const { path } = await downloadModel(entry, { directory }, never);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('keeps nothing of a file with another digest', async () => {
    const entry = await entryServedBy();
    const other = { ...entry, sha256: 'f'.repeat(64) };
    await expect(downloadModel(other, { directory }, never)).rejects.toThrow(
      `but the manifest expects ${'f'.repeat(64)}; nothing was kept`,
    );
    expect(await filesHere()).toEqual([]);
  });

  it('stops a server that sends more than the manifest says', async () => {
    const entry = await entryServedBy('endless');
    await expect(downloadModel(entry, { directory }, never)).rejects.toThrow(
      'larger than the 200000 bytes it may have',
    );
    expect(await filesHere()).toEqual([]);
  });

  it('keeps the part of an answer in chunks that ended early, and goes on there', async () => {
    const entry = await entryServedBy('ends early');
    await expect(downloadModel(entry, { directory }, never)).rejects.toThrow(
      /the answer ended after 100000 of 200000 bytes; run the command again to go on where it stopped$/,
    );
    expect(await filesHere()).toEqual(['network.onnx.part']);
    const { path } = await downloadModel(entry, { directory }, never);
    expect(server.ranges).toEqual([null, 'bytes=100000-']);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('waits for another fetch of the same network, and takes what that one fetched', async () => {
    const entry = await entryServedBy();
    const waits: number[] = [];
    const fetched = await Promise.all(
      [1, 2, 3].map((number) =>
        downloadModel(entry, { directory, heartbeatMs: 10, onWait: () => waits.push(number) }, never),
      ),
    );
    expect(fetched.filter(({ wasPresent }) => wasPresent)).toHaveLength(2);
    expect(waits).toHaveLength(2);
    expect(server.ranges).toEqual([null]);
    expect(await filesHere()).toEqual(['network.onnx']);
  });

  it('goes on where a fetch was killed, whose lock nobody holds any more', async () => {
    const entry = await entryServedBy();
    await mkdir(join(directory, 'downloads'));
    await writeFile(join(directory, `${entry.file}.lock`), '');
    await writeFile(join(directory, `${entry.file}.part`), bytes.subarray(0, 1000));
    const { path } = await downloadModel(entry, { directory, heartbeatMs: 5 }, never);
    expect(server.ranges).toEqual(['bytes=1000-']);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await filesHere()).toEqual(['network.onnx']);
  });

  it('stops waiting for the reason it is given', async () => {
    const entry = await entryServedBy('silent');
    const first = new AbortController();
    const second = new AbortController();
    const [reason, done] = [new Error('enough'), new Error('done')];
    const fetching = downloadModel(entry, { directory }, first.signal);
    fetching.catch(() => undefined);
    await until(() => server.ranges.length > 0);
    const waiting = downloadModel(entry, { directory, onWait: () => second.abort(reason) }, second.signal);
    await expect(waiting).rejects.toBe(reason);
    first.abort(done);
    await expect(fetching).rejects.toBe(done);
    expect((await filesHere()).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it("says the system's reason when there is no place for the file", async () => {
    const entry = await entryServedBy();
    await mkdir(join(directory, entry.file), { recursive: true });
    await expect(downloadModel(entry, { directory }, never)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/^network cannot be kept as .*network\.onnx: EISDIR: /),
    });
    const occupied = { ...entry, file: 'occupied/network.onnx' };
    await writeFile(join(directory, 'occupied'), 'a file');
    await expect(downloadModel(occupied, { directory }, never)).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringMatching(/^network cannot be kept as .*: (ENOTDIR|EEXIST): /),
    });
  });

  it('starts over after a server that went on at another place', async () => {
    const entry = await entryServedBy('wrong range');
    await mkdir(join(directory, 'downloads'));
    await writeFile(join(directory, `${entry.file}.part`), bytes.subarray(0, 1000));
    await expect(downloadModel(entry, { directory }, never)).rejects.toThrow(
      /sent bytes 0-199999\/200000 instead of bytes from 1000 on; run the command again to start over/,
    );
    expect((await readFile((await downloadModel(entry, { directory }, never)).path)).equals(bytes)).toBe(
      true,
    );
  });

  it('says how a network that is built is got', async () => {
    const { download: _, ...entry } = await entryServedBy();
    const built = { ...entry, build: 'npm run models:build -- heavy' };
    await expect(downloadModel(built, { directory }, never)).rejects.toThrow(
      'build it with: npm run models:build -- heavy',
    );
  });

  it('gives up on a server that falls silent, and says so', async () => {
    const entry = await entryServedBy('silent');
    await expect(downloadModel(entry, { directory, idleTimeoutMs: 50 }, never)).rejects.toThrow(
      'the server was silent for 50 ms',
    );
  });

  it('says what the server answered, and when there is no server', async () => {
    const entry = await entryServedBy('not found');
    await expect(downloadModel(entry, { directory }, never)).rejects.toThrow('the server answered 404');
    await server.close();
    await expect(downloadModel(entry, { directory }, never)).rejects.toThrow('ECONNREFUSED');
  });

  it('stops for the reason it is given', async () => {
    const entry = await entryServedBy('silent');
    const abort = new AbortController();
    const reason = new Error('enough');
    const download = downloadModel(entry, { directory, onProgress: () => abort.abort(reason) }, abort.signal);
    await expect(download).rejects.toBe(reason);
  });

  it('has nothing to do for a network of the repository', async () => {
    const { download: _, ...entry } = await entryServedBy();
    await expect(downloadModel(entry, { directory }, never)).rejects.toThrow(
      'network is not fetched; restore it from the repository',
    );
  });
});
