import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const MAIN = join(import.meta.dirname, '../src/main.ts');
const NOBODY_LISTENS = 'http://127.0.0.1:9';
const ENV = { SQS_QUEUE_URL: `${NOBODY_LISTENS}/000000000000/jobs`, S3_BUCKET: 'videos', PORT: '0' };

interface Ending {
  readonly code: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the worker until it ends by itself; one that goes on is ended by force. */
async function ending(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ending> {
  const options = {
    env: { ...process.env, ...ENV, ...env },
    timeout: 20_000,
    killSignal: 'SIGKILL',
  } as const;
  return await new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, stdout, stderr }),
    );
  });
}

describe('the worker process', () => {
  it.each([['--print-confg'], ['print-config'], ['--print-config=yes']])(
    'does not start with %s, which it does not understand',
    async (word) => {
      const { code, stdout, stderr } = await ending([word]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^CONFIG_INVALID: .*print-conf.* \(see --help\)\n$/);
    },
    30_000,
  );

  it('prints its configuration when asked, and ends', async () => {
    const { code, stdout, stderr } = await ending(['--print-config']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('S3_BUCKET=videos');
  }, 30_000);

  it('ends with one line that names TEMP_DIR when there is no such folder', async () => {
    const { code, stderr } = await ending([], { TEMP_DIR: '/no/such/folder' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^CONFIG_INVALID: TEMP_DIR \/no\/such\/folder cannot be used \(ENOENT\): .*\n$/);
  }, 30_000);

  it('ends with one line that names PORT when another process has it', async () => {
    const other = createServer().listen(0);
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stderr } = await ending([], { PORT: String(port) });
    other.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^CONFIG_INVALID: PORT ${port} is taken: .*\\n$`));
  }, 30_000);
});
