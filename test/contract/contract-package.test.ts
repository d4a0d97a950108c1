import { execFile } from 'node:child_process';
import { access, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const BUILD = join(ROOT, 'tools/contract-package/build.ts');

/** A producer's program, as its author would write it. */
const PRODUCER = `
import { jobMessageSchema, parseDetectionEvent, signWebhook, verifyWebhook } from 'clipping-worker/contract';
import type { DetectionEvent, JobMessage } from 'clipping-worker/contract';
import { readFileSync } from 'node:fs';

const job: JobMessage = { job_id: 'job-1', video_s3_key: 'a.mp4' };
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = readFileSync('event.json', 'utf8');
const { id } = verifyWebhook({ ...signWebhook('evt_1', new Date(), body, [secret]) }, body, secret);
const event: DetectionEvent = parseDetectionEvent(body);
console.log(JSON.stringify({ id, type: event.type, job: jobMessageSchema.parse(job) }));
`;

describe('the contract package', () => {
  let consumer: string;

  beforeAll(async () => {
    consumer = await mkdtemp(join(tmpdir(), 'consumer-'));
    await run(process.execPath, [BUILD, join(consumer, 'node_modules/clipping-worker')]);
    await symlink(join(ROOT, 'node_modules/zod'), join(consumer, 'node_modules/zod'));
    await mkdir(join(consumer, 'node_modules/@types'));
    await symlink(join(ROOT, 'node_modules/@types/node'), join(consumer, 'node_modules/@types/node'));
    await symlink(join(ROOT, 'node_modules/undici-types'), join(consumer, 'node_modules/undici-types'));
    await cp(join(ROOT, 'test/fixtures/contract/v1/completed.event.json'), join(consumer, 'event.json'));
    await writeFile(join(consumer, 'package.json'), '{"type":"module"}');
    await writeFile(join(consumer, 'producer.ts'), PRODUCER);
  });
  afterAll(() => rm(consumer, { recursive: true, force: true }));

  it('runs where only zod is installed', async () => {
    const { stdout } = await run(process.execPath, ['producer.ts'], { cwd: consumer });
    expect(JSON.parse(stdout)).toEqual({
      id: 'evt_1',
      type: 'detection.completed',
      job: { job_id: 'job-1', video_s3_key: 'a.mp4', detect_faces: true, detect_poses: true },
    });
  });

  it('can be required by a CommonJS program', async () => {
    const program =
      "const { verifyWebhook } = require('clipping-worker/contract'); console.log(typeof verifyWebhook)";
    const { stdout } = await run(process.execPath, ['--input-type=commonjs', '-e', program], {
      cwd: consumer,
    });
    expect(stdout).toBe('function\n');
  });

  it('has types that a strict program compiles against', async () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node'];
    const compile = (file: string) =>
      run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), ...options, file], {
        cwd: consumer,
      });
    await expect(compile('producer.ts')).resolves.toBeDefined();

    await writeFile(
      join(consumer, 'mistake.ts'),
      PRODUCER.replace("video_s3_key: 'a.mp4'", 'video_s3_key: 7'),
    );
    await expect(compile('mistake.ts')).rejects.toMatchObject({
      stdout: expect.stringContaining('TS2322'),
    });
  });

  it('replaces an earlier build, but nothing else', async () => {
    const folder = join(consumer, 'own');
    await mkdir(folder);
    await run(process.execPath, [BUILD, folder]);
    await writeFile(join(folder, 'contract/stale.js'), '');
    await run(process.execPath, [BUILD, folder]);
    expect(await readdir(join(folder, 'contract'))).not.toContain('stale.js');

    // A consumer's own package, and a copy of this project.
    await cp(join(ROOT, 'package.json'), join(consumer, 'copy/package.json'));
    for (const [name, own] of [
      [consumer, 'package.json'],
      [join(consumer, 'copy'), 'package.json'],
      [join(consumer, 'producer.ts'), ''],
    ] as const) {
      await expect(run(process.execPath, [BUILD, name])).rejects.toMatchObject({
        code: 2,
        stderr: expect.stringMatching(new RegExp(`^${name} .*\\(see --help\\)\n$`)),
      });
      await expect(access(join(name, own))).resolves.toBeUndefined();
    }
  }, 60_000);

  it('is not built where the command line asks for help or cannot be understood', async () => {
    const { stdout } = await run(process.execPath, [BUILD, '--help'], { cwd: consumer });
    expect(stdout).toContain('Usage: npm run -s build:contract');
    await expect(run(process.execPath, [BUILD, '--hlep'], { cwd: consumer })).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Unknown option '--hlep'.*\n$/),
    });
    expect((await readdir(consumer)).filter((name) => name.startsWith('-'))).toEqual([]);
  });
});
