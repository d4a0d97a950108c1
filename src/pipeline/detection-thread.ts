/** The entry point of a detection thread: loads the networks with its first task, then analyses one video at a time, or assists with one. */
import { type MessagePort, threadId, workerData } from 'node:worker_threads';
import { deserializeError, serializeError } from '../errors.ts';
import { NativeGate, nativeGate, passThrough } from '../inference/native-gate.ts';
import type { AnalysisReport, AnalysisRequest, PortMessage, ThreadReply, ThreadTask } from './analysis.ts';
import { Assistant, assist } from './assistant.ts';
import { detectVideo } from './detect-video.ts';
import type { EngineOptions, Engines } from './engines.ts';

let engines: Promise<Engines> | undefined;

/** For the pictures of one video after the other. */
const copies: Uint8Array[] = [];

/** Called by the pool. Never rejects: errors are part of the reply. */
export default async function handle(task: ThreadTask): Promise<ThreadReply> {
  passThrough(new NativeGate(task.gate));
  try {
    if (task.kind === 'assist') {
      await assist(task.pictures, task.calledAway, loadedEngines);
      return { ok: true, hasAssisted: true };
    }
    const loaded = await loadedEngines();
    if (task.kind === 'describe') return { ok: true, models: loaded.models };
    const analysis = await analyse(task.request, loaded, task.port);
    return { ok: true, analysis };
  } catch (error) {
    return { ok: false, error: serializeError(error) };
  }
}

/** Where loading fails, the next task tries again: the thread stays, and a file may be there by then, or a descriptor free. */
async function loadedEngines(): Promise<Engines> {
  engines ??= nativeGate().pass(load);
  try {
    return await engines;
  } catch (error) {
    engines = undefined;
    throw error;
  }
}

/** Not before there is a gate to pass: the library of ONNX Runtime is native code from its import on. */
async function load(): Promise<Engines> {
  const { loadEngines } = await import('./engines.ts');
  return await loadEngines(workerData as EngineOptions);
}

async function analyse(
  request: AnalysisRequest,
  loaded: Engines,
  port: MessagePort,
): Promise<AnalysisReport> {
  const controller = new AbortController();
  let assistant: Assistant | null = null;
  port.on('message', (message: PortMessage) => {
    if (message.type === 'assistant') {
      assistant?.close();
      assistant = new Assistant(message.pictures, copies);
    }
    if (message.type === 'abort') {
      controller.abort(deserializeError(message.reason));
      assistant?.close();
    }
  });
  const tell = (message: PortMessage) => port.postMessage(message);
  tell({ type: 'started', threadId });
  try {
    return await detectVideo(
      request,
      { ...loaded, assistant: () => assistant },
      (progress) => tell({ type: 'progress', progress }),
      controller.signal,
    );
  } finally {
    port.close();
  }
}
