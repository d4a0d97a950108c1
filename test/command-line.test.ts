import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

const SRC = join(import.meta.dirname, '../src');
const HOST = { SQS_QUEUE_URL: 'http://127.0.0.1:9/000000000000/jobs', S3_BUCKET: 'videos' };

function ending(program: string, args: string): Promise<{ code: unknown; stdout: string; stderr: string }> {
  const env = { ...process.env, ...HOST };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(SRC, program), ...args.split(' ')], { env }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    );
  });
}

describe('a command line that cannot be understood', () => {
  it.each([
    ['main.ts', '--fast'],
    ['cli.ts', 'film.mp4 --interval --no-faces'],
    ['callbacks-cli.ts', 'resend a --url --help'],
    ['callbacks-cli.ts', 'send a'],
    ['models-cli.ts', 'add --name --role x'],
    ['track-cli.ts', '--n-init -3'],
  ])('of %s is answered with the code and one line: %s', async (program, args) => {
    const { code, stdout, stderr } = await ending(program, args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^CONFIG_INVALID: [^\n]* \(see --help\)\n$/);
  });
});
