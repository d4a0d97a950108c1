import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { runFfmpeg, startFfmpeg } from '../../src/media/ffmpeg-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'programs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const never = new AbortController().signal;
let programs = 0;

/** A program that stands in for ffmpeg. */
function program(script: string): string {
  const file = join(folder, `program-${programs++}`);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

async function outputOf(script: string, options: { args?: string[]; files?: Record<string, string> } = {}) {
  let text = '';
  const exit = await runFfmpeg(
    { ffmpeg: program(script), args: options.args ?? [], ...options },
    (chunk) => {
      text += Buffer.from(chunk).toString();
    },
    never,
  );
  return { text, exit };
}

/** A zombie is dead: it only waits for its parent to read its status. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !readFileSync(stat, 'utf8').includes(') Z ');
}

describe('an ffmpeg child', () => {
  it('gives its output, its status and its last words', async () => {
    const { text, exit } = await outputOf('echo out; echo "the reason" >&2; exit 3');
    expect(text).toBe('out\n');
    expect(exit).toEqual({ code: 3, signalName: null, stderrTail: ['the reason'] });
  });

  it('keeps only the last lines of what it says', async () => {
    const { exit } = await outputOf('i=0; while [ $i -lt 500 ]; do echo "line $i" >&2; i=$((i+1)); done');
    expect(exit.stderrTail).toHaveLength(20);
    expect(exit.stderrTail.at(-1)).toBe('line 499');
  });

  (existsSync('/proc/self/oom_score_adj') ? it : it.skip)(
    'steps back for everybody else, and is the first to go where memory runs out',
    async () => {
      const isDone = '[ $(nice) -ge 7 ] && [ $(cat /proc/self/oom_score_adj) -eq 1000 ]';
      const wait = `i=0; until ${isDone} || [ $i -ge 500 ]; do i=$((i+1)); sleep 0.02; done`;
      const { text } = await outputOf(`${wait}; nice; cat /proc/self/oom_score_adj`);
      const [niceness, score] = text.trim().split('\n').map(Number);
      expect(niceness).toBeGreaterThanOrEqual(7);
      expect(score).toBe(1000);
    },
  );

  (process.platform === 'linux' ? it : it.skip)(
    'gets three gibibytes of address space, and its arguments as they are',
    async () => {
      const { text } = await outputOf('ulimit -v; printf "%s\\n" "$@"', { args: ['a  b', '$c', ''] });
      expect(text).toBe('3145728\na  b\n$c\n\n');
    },
  );

  it('has no environment, and an empty folder of its own that vanishes with it', async () => {
    const { text } = await outputOf('echo "[$AWS_SECRET_ACCESS_KEY$HOME]"; pwd; ls');
    const [environment, workingFolder = '', ...content] = text.trim().split('\n');
    expect(environment).toBe('[]');
    expect(workingFolder).toMatch(/clipping-ffmpeg-/);
    expect(content).toEqual([]);
    expect(existsSync(workingFolder)).toBe(false);
  });

  it('finds the files it was given in that folder', async () => {
    const { text } = await outputOf('cat filters.txt', { files: { 'filters.txt': 'null' } });
    expect(text).toBe('null');
  });

  it('is ended, with its own children, when the signal aborts, even if it ignores SIGTERM', async () => {
    const controller = new AbortController();
    const child = await startFfmpeg(
      {
        ffmpeg: program("trap '' TERM; echo $$; (trap '' TERM; sleep 60) & echo $!; wait; sleep 60"),
        args: [],
      },
      controller.signal,
    );
    let text = '';
    for await (const chunk of child.stdout) {
      text += String(chunk);
      if (text.trim().split('\n').length === 2) break;
    }
    const pids = text.trim().split('\n').map(Number);
    controller.abort(new Error('enough'));
    const exit = await child.exit;
    expect(exit.signalName).toBe('SIGKILL');
    for (let tries = 0; tries < 50 && pids.some(isAlive); tries++) await sleep(20);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('can be stopped while its output is unread, any number of times', async () => {
    const child = await startFfmpeg({ ffmpeg: program('yes'), args: [] }, never);
    await child.stop();
    await child.stop();
    expect((await child.exit).code).not.toBe(0);
  });

  it('can be stopped after it has ended with its output unread', async () => {
    const child = await startFfmpeg({ ffmpeg: program('echo unread'), args: [] }, never);
    await sleep(50);
    await child.stop();
    expect(await child.exit).toBeDefined();
  });

  it('reports the first reason to stop', async () => {
    const controller = new AbortController();
    const reason = new Error('the first reason');
    const running = runFfmpeg({ ffmpeg: program('sleep 60'), args: [] }, () => {}, controller.signal);
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await expect(startFfmpeg({ ffmpeg: program('true'), args: [] }, controller.signal)).rejects.toBe(reason);
  });

  it('is ended when its reader fails', async () => {
    const reading = runFfmpeg(
      { ffmpeg: program('yes'), args: [] },
      () => {
        throw new Error('too much');
      },
      never,
    );
    await expect(reading).rejects.toThrow('too much');
  });

  it('that cannot be started says so', async () => {
    const command = { ffmpeg: join(folder, 'absent'), args: [] };
    await expect(startFfmpeg(command, never)).rejects.toMatchObject({ code: 'FFMPEG_MISSING' });
  });
});

it('an ffmpeg for whose pipes no file descriptors are left ends its video’s attempt, not the process', () => {
  const script = `
    import { openSync } from 'node:fs';
    import { runFfmpeg } from ${JSON.stringify(new URL('../../src/media/ffmpeg-process.ts', import.meta.url).href)};
    try { for (;;) openSync('/dev/null'); } catch {}
    const command = { ffmpeg: '/bin/true', args: [] };
    await runFfmpeg(command, () => {}, new AbortController().signal).catch(({ name, message }) => console.log(name, message));
  `;
  const node = `ulimit -n 100; exec "$0" --input-type=module --eval "$1"`;
  const told = execFileSync('/bin/bash', ['-c', node, process.execPath, script], { encoding: 'utf8' });
  expect(told).toMatch(/^WorkerError true cannot be started \(E(MFILE|BADF)\)/);
});
