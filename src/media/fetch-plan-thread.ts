/** The thread of download-plan: reads the index and answers with the bytes that are needed. */
import { parentPort, workerData } from 'node:worker_threads';
import type { IndexQuestion } from './download-plan.ts';
import { planFetch } from './fetch-plan.ts';
import { readMp4Index } from './mp4-index.ts';

const { moov, sampling } = workerData as IndexQuestion;
const tracks = readMp4Index(moov);
parentPort?.postMessage(tracks === null ? null : planFetch(tracks, sampling));
