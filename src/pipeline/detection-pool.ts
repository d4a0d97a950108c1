/** The main thread's view of the detection threads: hand in a video, get a finished result document, or stop it midway. */
import { openAsBlob } from 'node:fs';
import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { deserializeError, serializeError, WorkerError } from '../errors.ts';
import type { ModelDescription } from '../inference/model-store.ts';
import { NativeGate } from '../inference/native-gate.ts';
import { removeThreadFolders } from '../media/private-folder.ts';
import {
  type Analysis,
  type AnalysisRequest,
  type PortMessage,
  resultFile,
  type ThreadReply,
  type ThreadTask,
  type ThreadWork,
} from './analysis.ts';
import type { EngineOptions } from './engines.ts';
import { areAssisted, decoderThreads } from './idle-cores.ts';
import type { Progress } from './progress.ts';

export interface DetectionPoolOptions {
  /** One analysis runs in each thread. */
  readonly threads: number;
  readonly engines: EngineOptions;
  /** How long an aborted analysis may take to stop by itself before its thread is replaced, in milliseconds. */
  readonly abortGraceMs?: number;
  /** Hears why a thread could not start, or not go on assisting. Videos lose nothing by it but time. */
  readonly onThreadLost?: (error: unknown) => void;
}

/** Room for young garbage in a detection thread: that of frames dies at once, and V8's usual 48 MiB would only make each thread larger. */
export const YOUNG_GENERATION_MEBIBYTES = 8;

/** Longer than a picture takes, and short enough for a message to be visible again within seconds of a shutdown. */
const DEFAULT_ABORT_GRACE_MS = 2_500;

/** Until another thread is started for the videos that wait for one that could not: what it lacked may be there by then. */
const START_AGAIN_MS = 1_000;

/** Of what a crashed thread said last; its message stands in results. */
const MAX_REASON_CHARACTERS = 200;

/** Work in a thread of the pool. */
interface ThreadRun {
  readonly reply: Promise<Extract<ThreadReply, { ok: true }>>;
  /** Ends the thread by force if it has not come to its end by itself after the grace. */
  readonly endSoon: () => void;
}

/** An analysis under way. */
interface Running {
  readonly port: MessagePort;
  /** Ends the work of the thread that assists it; null where none does. */
  callAway: (() => void) | null;
}

/** Threads that each hold the networks and analyse one video at a time; one without a video may assist another. */
export class DetectionPool {
  readonly #pool: Piscina<ThreadTask, ThreadReply>;
  readonly #threads: number;
  readonly #abortGraceMs: number;
  readonly #onThreadLost: (error: unknown) => void;
  /** Those of the threads at work; a thread that waits for work is in no native code. */
  readonly #gates = new Set<NativeGate>();
  readonly #running = new Set<Running>();
  #isHalted = false;

  constructor({
    threads,
    engines,
    abortGraceMs = DEFAULT_ABORT_GRACE_MS,
    onThreadLost = () => undefined,
  }: DetectionPoolOptions) {
    this.#threads = threads;
    this.#abortGraceMs = abortGraceMs;
    this.#onThreadLost = onThreadLost;
    this.#pool = new Piscina({
      filename: new URL('./detection-thread.ts', import.meta.url).href,
      minThreads: 1,
      maxThreads: threads,
      idleTimeout: Number.POSITIVE_INFINITY,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES },
      workerData: engines,
      // Piscina's default parks idle threads in Atomics.wait, where no message of a port can reach them.
      atomics: 'disabled',
    });
    // A thread at work fails its own task. One that was to start has none, and Piscina starts no other in its place.
    this.#pool.on('error', (error) => {
      if (this.#isHalted) return;
      this.#onThreadLost(error);
      setTimeout(() => this.#startForWaiting(), START_AGAIN_MS).unref();
    });
  }

  /**
   * Resolves once one thread has loaded the networks, which is what the first video needs. The others start when there is work for them,
   * and stay.
   * @throws WorkerError MODEL_INVALID
   */
  async ready(): Promise<readonly ModelDescription[]> {
    const reply = await this.#start({ kind: 'describe' }).reply;
    return 'models' in reply ? reply.models : [];
  }

  /**
   * Analyses one video. An abort brings one more progress, with a checkpoint, where the request asks for checkpoints.
   * @throws WorkerError as `detectVideo` does; the signal's reason when aborted
   */
  async analyse(
    request: AnalysisRequest,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Analysis> {
    signal.throwIfAborted();
    const { port1, port2 } = new MessageChannel();
    let threadId: number | null = null;
    const onMessage = (message: PortMessage) => {
      if (message.type === 'started') threadId = message.threadId;
      if (message.type === 'progress') onProgress(message.progress);
    };
    port1.on('message', onMessage);
    const running: Running = { port: port1, callAway: null };
    this.#running.add(running);
    const threads = decoderThreads(this.#running.size);
    const { reply, endSoon } = this.#start({
      kind: 'analyse',
      request: { decoderThreads: threads, ...request },
      port: port2,
    });
    const onAbort = () => {
      port1.postMessage({ type: 'abort', reason: serializeError(signal.reason) } satisfies PortMessage);
      endSoon();
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#shareThreads();
    try {
      const answer = await reply.finally(() => {
        // The reply comes another way and may have overtaken the last progress, which holds the last checkpoint.
        for (const message of waitingOn(port1)) onMessage(message);
      });
      if (!('analysis' in answer))
        throw new WorkerError('INTERNAL', 'a detection thread answered another question');
      return {
        ...answer.analysis,
        json: await openAsBlob(resultFile(request), { type: 'application/json' }),
      };
    } catch (error) {
      // A thread that was ended cannot tidy up after its decoders, which have ended with it.
      if (threadId !== null && isThreadCrash(error)) await removeThreadFolders(threadId);
      // The first reason to stop wins: whatever an aborted analysis died of, it was aborted.
      signal.throwIfAborted();
      throw error;
    } finally {
      this.#running.delete(running);
      running.callAway?.();
      this.#shareThreads();
      signal.removeEventListener('abort', onAbort);
      port1.close();
    }
  }

  /** Stops the networks for ever; once it resolves, the process can be left without its threads being ended first. */
  async halt(): Promise<void> {
    this.#isHalted = true;
    await Promise.all(Array.from(this.#gates, (gate) => gate.shut()));
  }

  /** Ends all threads; analyses still running are cut off. */
  async close(): Promise<void> {
    await this.halt();
    await this.#pool.destroy();
  }

  /** Work that comes brings a thread with it, which then takes what has waited longest. */
  #startForWaiting(): void {
    if (this.#pool.queueSize > 0 && !this.#isHalted) this.ready().catch(() => undefined);
  }

  /** Where cores would idle, threads without a video assist the others; otherwise they wait for videos. */
  #shareThreads(): void {
    const areWanted = areAssisted(this.#running.size, this.#threads);
    for (const running of this.#running) {
      if (areWanted) running.callAway ??= this.#lendAssistant(running.port);
      else {
        running.callAway?.();
        running.callAway = null;
      }
    }
  }

  /** @returns what calls the assistant away */
  #lendAssistant(analysis: MessagePort): () => void {
    const [pictures, call] = [new MessageChannel(), new MessageChannel()];
    const work: ThreadWork = { kind: 'assist', pictures: pictures.port1, calledAway: call.port1 };
    const { reply, endSoon } = this.#start(work);
    const message: PortMessage = { type: 'assistant', pictures: pictures.port2 };
    analysis.postMessage(message, [pictures.port2]);
    let isWanted = true;
    // What an assistant dies of is no end of the analysis: its thread looks at the pictures itself, and finds out if it is theirs.
    reply.catch((error: unknown) => {
      if (isWanted && !this.#isHalted && hasBegun(error)) this.#onThreadLost(error);
    });
    return () => {
      isWanted = false;
      call.port2.close();
      endSoon();
    };
  }

  #start(work: ThreadWork): ThreadRun {
    const gate = new NativeGate();
    const kill = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const reply = this.#run(work, gate, kill.signal).finally(() => {
      isOver = true;
      clearTimeout(timer);
    });
    const end = () => void gate.shut().then(() => kill.abort());
    const endSoon = () => {
      if (!isOver) timer ??= setTimeout(end, this.#abortGraceMs);
    };
    return { reply, endSoon };
  }

  async #run(
    work: ThreadWork,
    gate: NativeGate,
    signal: AbortSignal,
  ): Promise<Extract<ThreadReply, { ok: true }>> {
    let reply: ThreadReply;
    this.#gates.add(gate);
    if (this.#isHalted) void gate.shut();
    try {
      const task: ThreadTask = { ...work, gate: gate.buffer };
      reply = await this.#pool.run(task, { transferList: portsOf(work), signal });
    } catch (cause) {
      throw threadCrashed(cause);
    } finally {
      this.#gates.delete(gate);
    }
    if (!reply.ok) throw deserializeError(reply.error);
    return reply;
  }
}

function portsOf(work: ThreadWork): MessagePort[] {
  if (work.kind === 'analyse') return [work.port];
  return work.kind === 'assist' ? [work.pictures, work.calledAway] : [];
}

/** The messages that have arrived and were not looked at yet. */
function* waitingOn(port: MessagePort): Generator<PortMessage, void> {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    yield next.message as PortMessage;
  }
}

function isThreadCrash(error: unknown): boolean {
  return error instanceof WorkerError && error.code === 'THREAD_CRASHED';
}

/** Work whose port was closed while it waited for a thread cannot be sent: the video it was to assist was done before. */
function hasBegun(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return !(cause instanceof DOMException && cause.name === 'DataCloneError');
}

/** Says how the thread ended as far as that is known: its exit code, or its last error without the stack. */
function threadCrashed(cause: unknown): WorkerError {
  const [line = ''] = (cause instanceof Error ? cause.message : String(cause)).split('\n', 1);
  const reason = line === '' ? 'for an unknown reason' : `(${line.slice(0, MAX_REASON_CHARACTERS)})`;
  return new WorkerError(
    'THREAD_CRASHED',
    `a detection thread ended in the middle of its work ${reason}; it was replaced`,
    { cause },
  );
}
