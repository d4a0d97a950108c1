import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { EcsTaskProtection } from '../../src/aws/ecs-task-protection.ts';
import { SILENT } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

const ON = { ProtectionEnabled: true, ExpiresInMinutes: 30 };
const OFF = { ProtectionEnabled: false };

describe('EcsTaskProtection', () => {
  let agent: Server;
  let agentUri: string;
  let requests: unknown[];
  let status: number;
  let answer: object;

  beforeEach(async () => {
    requests = [];
    status = 200;
    answer = { protection: {} };
    agent = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      expect(`${request.method} ${request.url}`).toBe('PUT /api/task-protection/v1/state');
      requests.push(JSON.parse(body));
      response.writeHead(status).end(JSON.stringify(answer));
    });
    await new Promise<void>((resolve) => agent.listen(0, '127.0.0.1', resolve));
    agentUri = `http://127.0.0.1:${(agent.address() as AddressInfo).port}/api`;
  });

  afterEach(() => {
    agent.closeAllConnections();
    agent.close();
  });

  function protection(
    options: { idleMs?: number; expiresInMinutes?: number; pauseMs?: number; retryMs?: number } = {},
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

  it('is not prolonged while jobs run: it ends, and is asked for again after a pause', async () => {
    const task = protection({ expiresInMinutes: 0.001, pauseMs: 200 });
    const askedAt: number[] = [];
    agent.on('request', () => askedAt.push(performance.now()));
    task.onRunningJobs(1);
    await until(() => askedAt.length >= 3);
    task.onRunningJobs(0);
    const [first = 0, second = 0, third = 0] = askedAt;
    expect(Math.min(second - first, third - second)).toBeGreaterThanOrEqual(60 + 200);
  });

  it('is not prolonged by further jobs', async () => {
    const task = protection({ idleMs: 200 });
    for (const jobs of [1, 0, 1, 0, 1, 2, 1, 0]) {
      task.onRunningJobs(jobs);
      await until(() => requests.length > 0);
    }
    await until(() => isDeepStrictEqual(requests.at(-1), OFF));
    expect(requests).toEqual([ON, OFF]);
  });

  it('is there for the next job at once when idle time has ended it', async () => {
    const task = protection();
    for (const [jobs, expected] of [
      [1, [ON]],
      [0, [ON, OFF]],
      [1, [ON, OFF, ON]],
      [0, [ON, OFF, ON, OFF]],
    ] as const) {
      task.onRunningJobs(jobs);
      await until(() => requests.length === expected.length);
      expect(requests).toEqual(expected);
    }
  });

  it('is not asked for in the pause, whatever jobs come', async () => {
    const task = protection({ expiresInMinutes: 0, pauseMs: 60_000 });
    const now = { ...ON, ExpiresInMinutes: 0 };
    task.onRunningJobs(1);
    await until(() => requests.length === 1);
    task.onRunningJobs(0);
    await until(() => requests.length === 2);
    task.onRunningJobs(1);
    task.onRunningJobs(0);
    await until(() => requests.length === 3);
    expect(requests).toEqual([now, OFF, OFF]);
  });

  it('is asked for again when ECS refuses it in an answer with a status of 200', async () => {
    answer = { failure: { Reason: 'DEPLOYMENT_BLOCKED' } };
    const task = protection({ retryMs: 20 });
    task.onRunningJobs(1);
    await until(() => requests.length >= 3);
    answer = { protection: {} };
    task.onRunningJobs(0);
    await until(() => isDeepStrictEqual(requests.at(-1), OFF));
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
