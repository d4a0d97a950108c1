/** The thread of download-plan: reads the index and answers with what is needed. */
import { parentPort, workerData } from 'node:worker_threads';
import { type CueList, readCues } from './matroska-cues.ts';
import { planMatroskaFetch } from './matroska-fetch-plan.ts';
import { planMp4Fetch } from './mp4-fetch-plan.ts';
import { readMp4Index } from './mp4-index.ts';
import type { Sampling } from './sampling.ts';

/** What this thread is given: a whole `moov` box, or a list of cues. It answers with the plan for the media, or for all. */
export type IndexQuestion = { readonly sampling: Sampling } & (
  | { readonly moov: Uint8Array }
  | { readonly cues: CueList; readonly fileBytes: number }
);

const question = workerData as IndexQuestion;
parentPort?.postMessage('moov' in question ? planMp4(question) : planMatroska(question));

function planMp4({ moov, sampling }: Extract<IndexQuestion, { moov: unknown }>) {
  const tracks = readMp4Index(moov);
  return tracks === null ? null : planMp4Fetch(tracks, sampling);
}

function planMatroska({ cues, fileBytes, sampling }: Extract<IndexQuestion, { cues: unknown }>) {
  const read = readCues(cues);
  return read === null ? null : planMatroskaFetch(read, fileBytes, sampling);
}
