/** The health endpoints: whether the process lives, whether it takes jobs, which models it has loaded, and its metrics. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WorkerError } from '../errors.ts';
import type { ModelDescription } from '../inference/model-store.ts';
import type { DetectEndpoint } from './detect-endpoint.ts';

/** Whom the endpoints ask, whenever they are asked. */
export interface HealthSources {
  /** Why no job would be taken at the moment; empty while all is well. */
  readonly readinessProblems: () => readonly string[];
  /** The loaded models; null while they are loading. */
  readonly models: () => readonly ModelDescription[] | null;
  /** Jobs under way. */
  readonly runningJobs: () => number;
  /** How late the event loop has turned lately, in milliseconds. */
  readonly loopDelayMs: () => Readonly<Record<'mean' | 'p99' | 'max', number>>;
  /** The metrics and the type of their text. */
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface HealthServer {
  /** The port it listens on: the one asked for, or a free one for 0. */
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: 200 | 404 | 405 | 503;
  readonly contentType: string;
  readonly text: string;
}

/** Times in milliseconds. */
export interface HealthServerLimits {
  /** A request must have arrived whole within this time: it is cut off then, or up to a second later. */
  readonly requestTimeoutMs?: number;
  /** A client that takes nothing of its answer for this long is cut off; `POST /detect` has its own patience. */
  readonly idleTimeoutMs?: number;
  /** Time the last answers get when the server is closed. */
  readonly closePatienceMs?: number;
}

const DEFAULT_LIMITS: Required<HealthServerLimits> = {
  requestTimeoutMs: 5000,
  idleTimeoutMs: 10_000,
  closePatienceMs: 2000,
};

/** Each may hold an answer, or the body of a job, in memory. */
const MAX_CONNECTIONS = 256;

/** Node looks for requests that are late at this pace; every 30 s unless it is told. */
const CHECK_EVERY_MS = 1000;

/**
 * Serves, as JSON but for the metrics:
 * - `GET /health`: 200 while the event loop turns, with its delay in milliseconds
 * - `GET /health/ready`: 200 while jobs are taken, else 503 with the reasons
 * - `GET /health/models`: 200 with the loaded models, 503 while they load
 * - `GET /metrics`: the metrics in the Prometheus text format
 *
 * and, where there is one, `POST /detect`. A client may use its connection again and again, but is cut off when it does not await
 * an answer before it asks again.
 * @throws WorkerError CONFIG_INVALID when the port cannot be had
 */
export async function startHealthServer(
  port: number,
  sources: HealthSources,
  detect: DetectEndpoint | null = null,
  limits: HealthServerLimits = {},
): Promise<HealthServer> {
  const { requestTimeoutMs, idleTimeoutMs, closePatienceMs } = { ...DEFAULT_LIMITS, ...limits };
  // The head of a request has no time of its own: it is a part of the whole.
  const options = { requestTimeout: requestTimeoutMs, connectionsCheckingInterval: CHECK_EVERY_MS };
  const busy = new WeakSet<Socket>();
  const server = createServer(options, (request, response) => {
    const { socket } = request;
    // One packet has room for thousands of requests, whose answers would all wait in memory for a client that reads none.
    if (busy.has(socket)) return void socket.destroy();
    busy.add(socket);
    response.once('close', () => busy.delete(socket));
    if (detect !== null && pathOf(request) === '/detect') {
      // A job takes as long as it takes.
      socket.setTimeout(0);
      return void detect(request, response);
    }
    route(request, sources, detect !== null).then(
      (answer) => send(request, response, answer),
      (error: Error) => response.destroy(error),
    );
  });
  server.timeout = idleTimeoutMs;
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      // Answers that are being sent get their time; connections without a request are closed at once.
      const cutOff = setTimeout(() => server.closeAllConnections(), closePatienceMs);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cutOff);
    },
  };
}

async function route(
  request: IncomingMessage,
  sources: HealthSources,
  servesDetect: boolean,
): Promise<Answer> {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'use GET' });
  switch (pathOf(request)) {
    case '/health':
      return json(200, {
        status: 'alive',
        uptime_seconds: uptime(),
        event_loop_delay_ms: sources.loopDelayMs(),
      });
    case '/health/ready':
      return readiness(sources);
    case '/health/models':
      return models(sources.models());
    case '/metrics':
      return { status: 200, ...(await sources.metrics()) };
    default:
      return json(404, {
        error: `there are ${servesDetect ? 'POST /detect, ' : ''}/health, /health/ready, /health/models and /metrics`,
      });
  }
}

function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  return url.split('?', 1)[0];
}

function readiness({ readinessProblems, runningJobs }: HealthSources): Answer {
  const reasons = readinessProblems();
  const running_jobs = runningJobs();
  if (reasons.length === 0) return json(200, { status: 'ready', running_jobs });
  return json(503, { status: 'not ready', reasons, running_jobs });
}

function models(loaded: readonly ModelDescription[] | null): Answer {
  if (loaded === null) return json(503, { status: 'loading', models: [] });
  const described = loaded.map(({ loadMs, ...model }) => ({ ...model, load_ms: loadMs }));
  return json(200, { status: 'loaded', models: described });
}

function json(status: Answer['status'], body: Readonly<Record<string, unknown>>): Answer {
  return { status, contentType: 'application/json; charset=utf-8', text: JSON.stringify(body) };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, text }: Answer,
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
  });
  response.end(request.method === 'HEAD' ? undefined : text);
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    const reason = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${cause.code})`;
    throw new WorkerError('CONFIG_INVALID', `PORT ${port} ${reason}: choose another; 0 takes a free one`, {
      cause,
    });
  });
}

function uptime(): number {
  return Math.round(process.uptime());
}
