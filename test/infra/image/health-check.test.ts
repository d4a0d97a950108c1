import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../../../infra/image/health-check.mjs');

describe('the container’s health check', () => {
  let status = 200;
  const server = createServer((request, response) => {
    response.writeHead(request.url === '/health' ? status : 404).end();
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** The exit code, with the worker's port as the container's environment tells it. */
  async function exitCode(port: number): Promise<number> {
    const env = { ...process.env, PORT: String(port) };
    return await promisify(execFile)(process.execPath, [SCRIPT], { env }).then(
      () => 0,
      ({ code }: { code: number }) => code,
    );
  }

  it.each([
    [200, 0],
    [503, 1],
  ])('turns an answer of %i into exit code %i', async (answer, expected) => {
    status = answer;
    await once(server.listen(0, '127.0.0.1'), 'listening');
    expect(await exitCode((server.address() as AddressInfo).port)).toBe(expected);
  });

  it('fails when nothing listens', async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await exitCode(port)).toBe(1);
  });
});
