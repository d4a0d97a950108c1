/** Starts worker processes of the fault suite and follows what becomes of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { until } from '../helpers/until.ts';
import type { FaultWorkerOptions, ResourceUse, WorkerEvent } from './fault-worker-protocol.ts';

const PROGRAM = fileURLToPath(new URL('./fault-worker.ts', import.meta.url));

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class WorkerProcess {
  readonly events: WorkerEvent[] = [];
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #exit: Exit | null = null;

  constructor(options: FaultWorkerOptions) {
    const env = {
      ...process.env,
      FAULT_WORKER: JSON.stringify(options),
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    };
    const child = spawn(process.execPath, ['--expose-gc', PROGRAM], {
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.events.push(JSON.parse(line) as WorkerEvent);
    });
    this.#child = child;
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.#exit = { code, signal } as Exit;
      return this.#exit;
    });
  }

  get hasExited(): boolean {
    return this.#exit !== null;
  }

  /** The events of one kind. */
  all<K extends WorkerEvent['event']>(kind: K): Extract<WorkerEvent, { event: K }>[] {
    return this.events.filter((event): event is Extract<WorkerEvent, { event: K }> => event.event === kind);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  kill(signal: NodeJS.Signals): Promise<Exit> {
    this.signal(signal);
    return this.exited;
  }

  /** What the process uses at this moment. */
  async resourceUse(): Promise<ResourceUse> {
    const before = this.all('resources').length;
    this.#child.kill('SIGUSR2');
    await until(() => this.all('resources').length > before);
    const [latest] = this.all('resources').slice(-1);
    if (latest === undefined) throw new Error('unreachable: an event has just arrived');
    return latest.use;
  }
}
