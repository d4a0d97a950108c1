/** What an analysis is asked and answers, on both sides of its thread's border: what crosses it is plain, cloneable data; documents stay in files. */
import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import type { Arrivals } from '../arrivals.ts';
import type { ByteRange } from '../byte-ranges.ts';
import type { DetectionSummary } from '../contract/result.ts';
import type { SerializedError } from '../errors.ts';
import type { ModelDescription } from '../inference/model-store.ts';
import type { KnownWindow } from '../media/known-windows.ts';
import type { SamplingReport } from '../media/sampling-report.ts';
import type { Progress } from './progress.ts';

/** What an analysis asks to have fetched of its video. */
export type { DownloadPlan } from '../media/download-plan.ts';

/** One video to analyse. */
export interface AnalysisRequest {
  readonly jobId: string;
  /** The video, a local file. */
  readonly file: string;
  /** A folder for what an analysis does not hold in memory; whoever asks removes it. */
  readonly folder: string;
  /** What is there of it, ascending and apart from each other; null, the default, for all of it. */
  readonly parts?: readonly ByteRange[] | null;
  /** Which of these parts are still to come: they are waited for; null, the default, for none. */
  readonly arrivals?: Arrivals | null;
  /** Which times are known by them; null, the default, where all packets are listed, fetched or not. */
  readonly windows?: readonly KnownWindow[] | null;
  readonly frameIntervalSeconds: number;
  /** A cheaper picture this near to a sample may stand for it; 0, the default, is exact. */
  readonly samplingToleranceSeconds?: number;
  /** Threads of the decoder; 1 by default. The result is the same. */
  readonly decoderThreads?: number;
  readonly detectFaces: boolean;
  readonly detectPoses: boolean;
  /** Goes on from the `observationsFile` of an earlier analysis of the same request; one that does not fit is ignored. */
  readonly resume?: boolean;
  /** Time between two checkpoints in the progress; none without it. */
  readonly checkpointEveryMs?: number;
}

/** What an analysis came to. */
export interface Analysis extends AnalysisReport {
  /** The result document, UTF-8 JSON, validated against its own schema. It lies in the request's folder, and is gone with it. */
  readonly json: Blob;
}

/** The same without the document, which a thread leaves in the request's folder. */
export interface AnalysisReport {
  readonly summary: DetectionSummary;
  readonly durations: StageDurations;
  /** How the pictures were taken from the video, and what that cost. */
  readonly sampling: SamplingReport | null;
  /** Duration of the video. */
  readonly videoMs: number;
}

/** Where an analysis keeps what it has seen so far; the file grows at its end only. */
export function observationsFile({ folder }: Pick<AnalysisRequest, 'folder'>): string {
  return join(folder, 'observations');
}

/** Where the result document of an analysis lies. */
export function resultFile({ folder }: Pick<AnalysisRequest, 'folder'>): string {
  return join(folder, 'result.json');
}

/** Wall time by stage, in milliseconds. */
export interface StageDurations {
  readonly probeMs: number;
  /** Waiting for the decoder's next picture. */
  readonly decodeMs: number;
  readonly inferenceMs: number;
  readonly trackingMs: number;
}

/** What a thread is to do. */
export type ThreadWork =
  | { readonly kind: 'describe' }
  | { readonly kind: 'analyse'; readonly request: AnalysisRequest; readonly port: MessagePort }
  | { readonly kind: 'assist'; readonly pictures: MessagePort; readonly calledAway: MessagePort };

/** The same as the pool posts it to a thread, with the memory of the `NativeGate` the thread passes while it does it. */
export type ThreadTask = ThreadWork & { readonly gate: SharedArrayBuffer };

/** A thread's answer; errors travel as data because classes do not survive the clone. */
export type ThreadReply =
  | { readonly ok: true; readonly models: readonly ModelDescription[] }
  | { readonly ok: true; readonly analysis: AnalysisReport }
  | { readonly ok: true; readonly hasAssisted: true }
  | { readonly ok: false; readonly error: SerializedError };

/** Messages on a task's port: who works on it and progress towards the main thread, an assistant and abort towards the detection thread. */
export type PortMessage =
  | { readonly type: 'started'; readonly threadId: number }
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'assistant'; readonly pictures: MessagePort }
  | { readonly type: 'abort'; readonly reason: SerializedError };
