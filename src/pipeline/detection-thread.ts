/** The entry point of a detection thread: loads the networks once, then analyses one video at a time. */
import { type MessagePort, threadId, workerData } from 'node:worker_threads';
import { deserializeError, serializeError } from '../errors.ts';
import type { AnalysisReport, AnalysisRequest, PortMessage, ThreadReply, ThreadTask } from './analysis.ts';
import { detectVideo } from './detect-video.ts';
import { type EngineOptions, type Engines, loadEngines } from './engines.ts';

const engines: Promise<Engines> = loadEngines(workerData as EngineOptions);
// A failed load is told to whoever sends a task; here it must only not count as unhandled.
engines.catch(() => undefined);

/** Called by the pool. Never rejects: errors are part of the reply. */
export default async function handle(task: ThreadTask): Promise<ThreadReply> {
  try {
    const { models } = await engines;
    if (task.kind === 'describe') return { ok: true, models };
    const analysis = await analyse(task.request, await engines, task.port);
    return { ok: true, analysis };
  } catch (error) {
    return { ok: false, error: serializeError(error) };
  }
}

async function analyse(
  request: AnalysisRequest,
  loaded: Engines,
  port: MessagePort,
): Promise<AnalysisReport> {
  const controller = new AbortController();
  port.on('message', (message: PortMessage) => {
    if (message.type === 'abort') controller.abort(deserializeError(message.reason));
  });
  const tell = (message: PortMessage) => port.postMessage(message);
  tell({ type: 'started', threadId });
  try {
    return await detectVideo(
      request,
      loaded,
      (progress) => tell({ type: 'progress', progress }),
      controller.signal,
    );
  } finally {
    port.close();
  }
}
