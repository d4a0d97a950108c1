/** The worker as its operators run it: a process of its own, spoken to through its environment, its signals and its health endpoints. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface RunningWorker {
  readonly healthUrl: string;
  readonly health: (path: string) => Promise<{ status: number; body: unknown }>;
}

export interface WorkerProcess extends RunningWorker {
  readonly pid: number;
  /** Sends SIGTERM and resolves to the exit code; where it has ended already, only the latter. */
  readonly stop: () => Promise<number | null>;
  /** Rejects with its last words when it ends, asked or not. */
  readonly exited: Promise<never>;
}

export interface WorkerProcessOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Called for every line the worker logs. */
  readonly onLogLine: (line: string) => void;
}

/** Starts the worker and waits until it is ready for jobs. Throws with its last words when it ends before that. */
export async function startWorkerProcess({ env, onLogLine }: WorkerProcessOptions): Promise<WorkerProcess> {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const listening = Promise.withResolvers<string>();
  let lastWords = 'nothing';
  createInterface({ input: child.stdout }).on('line', (line) => {
    lastWords = line;
    const port = portOf(line);
    if (port !== undefined) listening.resolve(`http://127.0.0.1:${port}`);
    onLogLine(line);
  });
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastWords = line;
    process.stderr.write(`${line}\n`);
  });
  const exited = closed.then(([code, signal]) => {
    throw new Error(`the worker ended with ${signal ?? `code ${code}`}; its last words: ${lastWords}`);
  });
  // Nobody may be waiting for it.
  exited.catch(() => {});
  const healthUrl = await Promise.race([listening.promise, exited]);
  const worker = workerAt(healthUrl);
  await Promise.race([untilReady(worker), exited]);
  return { ...worker, pid: child.pid ?? Number.NaN, exited, stop: () => stop(child, closed) };
}

/** A worker that somebody else has started or is starting, in a container for example; waits until it is ready for jobs. */
export async function awaitWorker(healthUrl: string): Promise<RunningWorker> {
  const worker = workerAt(healthUrl);
  await untilReady(worker);
  return worker;
}

function workerAt(healthUrl: string): RunningWorker {
  return {
    healthUrl,
    async health(path) {
      const response = await fetch(`${healthUrl}${path}`);
      return { status: response.status, body: await response.json() };
    },
  };
}

function portOf(line: string): number | undefined {
  try {
    const { msg, port } = JSON.parse(line) as { msg?: string; port?: number };
    return msg === 'health endpoints listening' ? port : undefined;
  } catch {
    return undefined;
  }
}

async function untilReady({ health }: RunningWorker): Promise<void> {
  const isReady = () =>
    health('/health/ready').then(
      ({ status }) => status === 200,
      // It does not listen yet.
      () => false,
    );
  while (!(await isReady())) await sleep(100);
}

async function stop(child: ChildProcess, closed: Promise<[number | null, unknown]>): Promise<number | null> {
  child.kill('SIGTERM');
  const [code] = await closed;
  return code;
}
