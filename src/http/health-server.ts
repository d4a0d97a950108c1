/** The health endpoints: whether the process lives, whether it takes jobs, and which models it has loaded. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ModelDescription } from '../inference/model-store.ts';

/** Whom the endpoints ask, whenever they are asked. */
export interface HealthSources {
  /** Why no job would be taken at the moment; empty while all is well. */
  readonly readinessProblems: () => readonly string[];
  /** The loaded models; null while they are loading. */
  readonly models: () => readonly ModelDescription[] | null;
  /** Jobs under way. */
  readonly runningJobs: () => number;
}

export interface HealthServer {
  /** The port it listens on: the one asked for, or a free one for 0. */
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: 200 | 404 | 405 | 503;
  readonly body: Readonly<Record<string, unknown>>;
}

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;

/** A request that says nothing for this long is cut off. */
const REQUEST_TIMEOUT_MS = 5000;

/**
 * Serves, as JSON:
 * - `GET /health`: 200 while the event loop turns, with its delay in milliseconds
 * - `GET /health/ready`: 200 while jobs are taken, else 503 with the reasons
 * - `GET /health/models`: 200 with the loaded models, 503 while they load
 */
export async function startHealthServer(port: number, sources: HealthSources): Promise<HealthServer> {
  const loopDelay = monitorEventLoopDelay({ resolution: 10 });
  loopDelay.enable();
  const server = createServer((request, response) =>
    send(request, response, route(request, sources, loopDelay)),
  );
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      loopDelay.disable();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function route({ method, url = '/' }: IncomingMessage, sources: HealthSources, delay: LoopDelay): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, body: { error: 'use GET' } };
  switch (url.split('?', 1)[0]) {
    case '/health':
      return {
        status: 200,
        body: { status: 'alive', uptime_seconds: uptime(), event_loop_delay_ms: inMs(delay) },
      };
    case '/health/ready':
      return readiness(sources);
    case '/health/models':
      return models(sources.models());
    default:
      return { status: 404, body: { error: 'there are /health, /health/ready and /health/models' } };
  }
}

function readiness({ readinessProblems, runningJobs }: HealthSources): Answer {
  const reasons = readinessProblems();
  const running_jobs = runningJobs();
  if (reasons.length === 0) return { status: 200, body: { status: 'ready', running_jobs } };
  return { status: 503, body: { status: 'not ready', reasons, running_jobs } };
}

function models(loaded: readonly ModelDescription[] | null): Answer {
  if (loaded === null) return { status: 503, body: { status: 'loading', models: [] } };
  const described = loaded.map(({ loadMs, ...model }) => ({ ...model, load_ms: loadMs }));
  return { status: 200, body: { status: 'loaded', models: described } };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body }: Answer): void {
  const json = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(json),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : json);
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
}

function uptime(): number {
  return Math.round(process.uptime());
}

/** The histogram counts nanoseconds from its own resolution of 10 ms upwards; delays are what lies above it. */
function inMs(histogram: LoopDelay): Record<string, number> {
  const above = (nanoseconds: number) => Math.max(0, Math.round(nanoseconds / 1e5 - 100) / 10);
  return {
    mean: above(histogram.mean || 0),
    p99: above(histogram.percentile(99)),
    max: above(histogram.max),
  };
}
