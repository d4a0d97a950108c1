import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FileServer, serveFile } from './helpers/file-server.ts';
import { bakedNetwork, constantNetwork, yoloNetwork } from './helpers/onnx-network.ts';

const PROGRAM = join(import.meta.dirname, '../src/models-cli.ts');
const network = yoloNetwork(5, new Float32Array(5));
let directory: string;
let server: FileServer;
/** Comes in dozens of pieces. */
const large = yoloNetwork(5, new Float32Array(1_000_000));
let largeServer: FileServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'models-cli-'));
  server = await serveFile(network);
  largeServer = await serveFile(large);
  const entry = {
    role: 'face-detector',
    sha256: createHash('sha256').update(network).digest('hex'),
    source: 'a test',
    inputs: [],
    outputs: [],
  };
  const models = [
    { ...entry, name: 'own', file: 'own.onnx', licence: 'MIT', bytes: network.length },
    {
      ...entry,
      name: 'strict',
      file: 'downloads/strict.onnx',
      licence: 'AGPL-3.0',
      download: { url: server.url, licenceMustBeAccepted: true },
    },
  ];
  models.push({
    ...entry,
    name: 'large',
    file: 'downloads/large.onnx',
    licence: 'MIT',
    sha256: createHash('sha256').update(large).digest('hex'),
    download: { url: largeServer.url, licenceMustBeAccepted: false },
  });
  await writeFile(join(directory, 'manifest.json'), JSON.stringify({ models }));
  await writeFile(join(directory, 'own.onnx'), network);
});

afterAll(async () => {
  await server.close();
  await largeServer.close();
  await rm(directory, { recursive: true });
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(program, args, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

function models(...args: string[]): Promise<Ended> {
  return run(process.execPath, [PROGRAM, ...args, '--models', directory]);
}

describe('npm run models', () => {
  it('says how far a fetch is, a line for each tenth, where nobody sits at a terminal', async () => {
    const { code, stderr } = await models('fetch', 'large');
    expect(code).toBe(0);
    const shares = [...stderr.matchAll(/^\d\.\d MB of 4\.0 MB (\d+) %$/gm)].map(([, percent]) =>
      Number(percent),
    );
    expect(shares.length).toBeGreaterThan(2);
    expect(shares.length).toBeLessThanOrEqual(9);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(stderr.trimEnd().split('\n')).toHaveLength(shares.length);
  });

  it('tells of a disk that fills up in the last bytes of a fetch, and goes on there', async () => {
    const bytes = yoloNetwork(5, new Float32Array(500));
    // Comes in one piece, so that the limit of two blocks of 512 bytes falls into the last one.
    const small = await serveFile(bytes);
    const folder = join(directory, 'full-disk');
    await mkdir(folder);
    const entry = {
      name: 'small',
      role: 'face-detector',
      file: 'small.onnx',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      licence: 'MIT',
      source: 'a test',
      download: { url: small.url, licenceMustBeAccepted: false },
      inputs: [],
      outputs: [],
    };
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ models: [entry] }));
    const fetch = [PROGRAM, 'fetch', 'small', '--models', folder];
    const full = await run('sh', ['-c', 'ulimit -f 2; exec "$0" "$@"', process.execPath, ...fetch]);
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(/^MODEL_INVALID: small cannot be kept as .*small\.onnx: EFBIG: [^\n]*\n$/);
    expect(await readFile(join(folder, 'small.onnx.part'))).toEqual(bytes.subarray(0, 1024));
    expect(await run(process.execPath, fetch)).toMatchObject({ code: 0, stderr: '' });
    expect(small.ranges).toEqual([null, 'bytes=1024-']);
    await small.close();
  });

  it('tells what it can do', async () => {
    const { code, stdout } = await models('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('fetch NAME');
  });

  it('lists, fetches once the licence is accepted, and verifies', async () => {
    const before = await models('list');
    expect(before.stdout).toMatch(
      /own +face-detector +0\.0 MB +here +MIT\nstrict +face-detector +\? +to fetch +AGPL-3\.0/,
    );

    const refused = await models('fetch', 'strict');
    expect(refused).toMatchObject({ code: 2, stdout: 'strict from a test, licence: AGPL-3.0\n' });
    expect(refused.stderr).toMatch(
      /^CONFIG_INVALID: the licence of strict, AGPL-3\.0, .*--accept-licence.*\n$/,
    );
    expect(server.ranges).toEqual([]);

    const fetched = await models('fetch', 'strict', '--accept-licence');
    expect(fetched).toMatchObject({ code: 0, stderr: '' });
    expect(fetched.stdout).toMatch(
      /^strict from a test, licence: AGPL-3\.0\n.*strict\.onnx: fetched, \d+ bytes/,
    );

    const verified = await models('verify');
    expect(verified.code).toBe(0);
    expect(verified.stdout).toMatch(/own: ok, sha256 [0-9a-f]{64}, input images float32.*\nstrict: ok/);
  });

  it('adds a network of the user, and names what is damaged', async () => {
    const file = join(directory, 'added.onnx');
    await writeFile(file, network);
    const added = await models('add', file, '--licence', 'MIT', '--source', 'me');
    expect(added).toMatchObject({ code: 0, stderr: '' });
    expect(added.stdout).toContain('added is a face-detector');
    await writeFile(join(directory, 'own.onnx'), 'broken');
    const verified = await models('verify');
    expect(verified.code).toBe(2);
    expect(verified.stderr).toMatch(/own\.onnx is not the file the manifest names/);
    expect((await models('list')).stdout).toContain('damaged');
  });

  it('remembers the order in which an embedder takes the colours', async () => {
    const file = join(directory, 'embedder.onnx');
    const vector = { name: 'vectors', shape: [1, 2], values: Float32Array.of(3, 4), valuesShape: [1, 2] };
    await writeFile(file, constantNetwork([{ name: 'faces', shape: [1, 160, 160, 3] }], [vector]));
    const rights = ['--licence', 'MIT', '--source', 'me'];
    const refused = await models('add', file, ...rights, '--channels', 'grb');
    expect(refused).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--channels is rgb or bgr, not "grb"'),
    });
    expect(await models('add', file, ...rights, '--channels', 'bgr')).toMatchObject({ code: 0, stderr: '' });
    const manifest = JSON.parse(await readFile(join(directory, 'local/manifest.json'), 'utf8'));
    expect(manifest.models.at(-1).preprocessing).toMatchObject({ channels: 'bgr', mean: [0, 0, 0] });
  });

  it('refuses to add a network that the worker would refuse, and names one that is here', async () => {
    const folder = join(directory, 'baked');
    await mkdir(folder);
    const file = join(folder, 'baked.onnx');
    const input = { name: 'faces', shape: ['batch', 3, 112, 112] };
    const vector = { values: Float32Array.of(3, 4), valuesShape: [1, 2] };
    const output = { name: 'vectors', shape: ['batch', 2], ...vector };
    const bytes = bakedNetwork(input, [1, 3 * 112 * 112], output);
    await writeFile(file, bytes);
    await writeFile(join(folder, 'manifest.json'), '{"models": []}');
    const program = (...args: string[]) => run(process.execPath, [PROGRAM, ...args, '--models', folder]);
    const added = await program('add', file, '--licence', 'MIT', '--source', 'me');
    expect(added).toMatchObject({ code: 2, stdout: '' });
    expect(added.stderr).toMatch(
      /^MODEL_INVALID: .*baked\.onnx failed to run on faces \[2,3,112,112\][^\n]*\n$/,
    );
    expect(await readdir(folder)).not.toContain('local');

    const entry = {
      name: 'mine',
      role: 'face-embedder',
      file: 'baked.onnx',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      licence: 'MIT',
      source: 'a test',
      inputs: [],
      outputs: [],
    };
    await writeFile(join(folder, 'manifest.json'), JSON.stringify({ models: [entry] }));
    const verified = await program('verify');
    expect(verified).toMatchObject({ code: 2, stdout: '' });
    expect(verified.stderr).toMatch(/^MODEL_INVALID: mine: .*baked\.onnx failed to run on faces[^\n]*\n$/);
  });

  it.each([
    ['cook', 'there is no command cook'],
    ['fetch', 'say what, one at a time: fetch NAME'],
    ['fetch nobody', 'there is no network nobody to fetch; there are strict'],
    ['fetch a b', 'say what, one at a time: fetch NAME'],
    ['list foo', 'list takes no name'],
    ['verify foo', 'verify takes no name'],
    ['add x.onnx --licence MIT --source me --role pose-bundle', 'not pose-bundle'],
    ['add x.onnx', 'add needs --licence and --source'],
    ['add x.onnx --licence MIT --source me --role cook', '--role is one of'],
    ['add x.onnx --licence MIT --source me --std 1', '--std is three numbers'],
    [
      'add x.onnx --licence MIT --source me --max-cosine-distance=',
      '--max-cosine-distance is a number from 0 to 2',
    ],
    [
      'add x.onnx --licence MIT --source me --max-cosine-distance 3',
      '--max-cosine-distance is a number from 0 to 2',
    ],
    ['list --loud', 'Unknown option'],
  ])('answers "%s" with one line and exit code 2', async (args, message) => {
    const { code, stderr } = await models(...args.split(' '));
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr.trimEnd()).not.toContain('\n');
  });
});
