import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const DEMO = join(import.meta.dirname, '../../demo/demo.ts');
const TIMEOUT_MS = 90_000;

describe('a demo that goes wrong', () => {
  let folder: string;
  let demo: ChildProcess;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-test-'));
  });
  afterEach(() => {
    demo.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  function startDemo(): { ending: Promise<unknown>; out: Promise<string>; err: Promise<string> } {
    const started = spawn(process.execPath, [DEMO], { cwd: folder, stdio: 'pipe' });
    demo = started;
    return {
      ending: once(demo, 'close').then(([code]) => code as unknown),
      out: text(started.stdout),
      err: text(started.stderr),
    };
  }

  it(
    'stops its worker, and ends with what is in the way',
    async () => {
      writeFileSync(join(folder, 'out'), '');
      const { ending, out, err } = startDemo();
      expect(await ending).toBe(2);
      expect(await err).toContain("mkdir 'out'");
      expect(await out).toContain('stopping signal=SIGTERM');
    },
    TIMEOUT_MS,
  );

  (existsSync('/proc/self/task') ? it : it.skip)(
    'notices that its worker has died, and says what it said last',
    async () => {
      const { ending, err } = startDemo();
      demo.stdout?.on('data', (data: Buffer) => {
        if (data.toString().includes('The jobs run'))
          for (const pid of childrenOf(demo)) process.kill(pid, 'SIGKILL');
      });
      expect(await ending).toBe(2);
      expect(await err).toMatch(/the worker ended with SIGKILL; its last words: .*"msg"/);
    },
    TIMEOUT_MS,
  );
});

function childrenOf({ pid }: ChildProcess): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
