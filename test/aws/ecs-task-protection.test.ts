import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { EcsTaskProtection } from '../../src/aws/ecs-task-protection.ts';
import { SILENT } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const ON = { ProtectionEnabled: true, ExpiresInMinutes: 60 };
const OFF = { ProtectionEnabled: false };

describe('EcsTaskProtection', () => {
  let agent: Server;
  let agentUri: string;
  let requests: unknown[];
  let status: number;

  beforeEach(async () => {
    requests = [];
    status = 200;
    agent = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      expect(`${request.method} ${request.url}`).toBe('PUT /api/task-protection/v1/state');
      requests.push(JSON.parse(body));
      response.writeHead(status).end('{}');
    });
    await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
    agentUri = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api`;
  });

  afterEach(() => {
    agent.closeAllConnections();
    agent.close();
  });

  function protection(
    options: { idleMs?: number; expiresInMinutes?: number; retryMs?: number } = {},
  ): EcsTaskProtection {
    return new EcsTaskProtection({ agentUri, logger: SILENT, idleMs: 20, ...options });
  }

  it('is on while jobs run and off when they have ended', async () => {
    const task = protection();
    for (const jobs of [1, 2, 1, 0]) task.onRunningJobs(jobs);
    await until(() => requests.length === 2);
    expect(requests).toEqual([ON, OFF]);
  });

  it('stays on when the next job comes at once', async () => {
    const task = protection({ idleMs: 200 });
    task.onRunningJobs(1);
    await until(() => requests.length === 1);
    task.onRunningJobs(0);
    task.onRunningJobs(1);
    await sleep(300);
    expect(requests).not.toContainEqual(OFF);
    task.onRunningJobs(0);
    await until(() => JSON.stringify(requests.at(-1)) === JSON.stringify(OFF));
  });

  it('is renewed before it expires', async () => {
    const task = protection({ expiresInMinutes: 0.001 });
    task.onRunningJobs(1);
    await until(() => requests.length >= 3);
    expect(requests[2]).toEqual({ ...ON, ExpiresInMinutes: 0.001 });
    task.onRunningJobs(0);
  });

  it('is asked for again when the agent refuses for a while, and so is its end', async () => {
    status = 500;
    const task = protection({ retryMs: 20 });
    task.onRunningJobs(1);
    await until(() => requests.length >= 3);
    status = 200;
    const granted = requests.length + 1;
    await until(() => requests.length >= granted);
    status = 500;
    task.onRunningJobs(0);
    await until(() => requests.filter((request) => !isDeepStrictEqual(request, ON)).length >= 2);
    expect(requests.at(-1)).toEqual(OFF);
    status = 200;
  });

  it('does no harm when the agent refuses', async () => {
    status = 400;
    const refused = protection();
    refused.onRunningJobs(1);
    refused.onRunningJobs(0);
    await until(() => requests.length === 2);
  });

  it('does no harm when the agent is not there, and is logged and asked for again', async () => {
    const lines: Record<string, unknown>[] = [];
    const logger = pino({}, { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) });
    agent.close();
    const nowhere = new EcsTaskProtection({ agentUri, logger, idleMs: 20, retryMs: 20 });
    nowhere.onRunningJobs(1);
    await until(() => lines.length >= 2);
    nowhere.onRunningJobs(0);
    await until(() => lines.some(({ protect }) => protect === false));
    expect(lines[0]).toMatchObject({
      protect: true,
      err: { message: expect.stringContaining('ECONNREFUSED') },
    });
    expect(requests).toEqual([]);
    // It is there after all: what was last wished for is what it hears.
    const { port } = new URL(agentUri);
    await new Promise<void>((resolve) => agent.listen(Number(port), '127.0.0.1', resolve));
    await until(() => requests.length > 0);
    expect(requests).toEqual([OFF]);
  });
});
