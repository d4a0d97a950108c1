/** The thread of `bench -- length`: keeps, follows and writes a made-up film, and tells the memory after each step. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import type { VideoInfo } from '../src/media/video-info.ts';
import { observationsFile, resultFile } from '../src/pipeline/analysis.ts';
import { ObservationLog } from '../src/pipeline/observation-log.ts';
import { writeResult } from '../src/pipeline/result-builder.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../src/tracking/follow-people.ts';
import { withTempFolder } from '../src/worker/temp-folder.ts';
import { residentMebibytes } from './resident-memory.ts';
import { FILM_PICTURE, type SyntheticFilm, syntheticFrames } from './synthetic-film.ts';

const film = workerData as SyntheticFilm;

tell('before');
await withTempFolder(tmpdir(), async (folder) => {
  const log = ObservationLog.create(observationsFile({ folder }), 'bench');
  for (const frame of syntheticFrames(film)) log.append(frame);
  tell(`${log.length} frames seen, ${megabytes(log.bytes)} MiB of observations`);
  const followed = followPeople(log, {
    ...DEFAULT_TRACKING_OPTIONS,
    picture: FILM_PICTURE,
    frameIntervalMs: film.intervalMs,
    maxCosineDistance: 0.55,
  });
  tell(`${followed.tracks.length} tracks in ${followed.shots.length} shots`);
  const video = {
    ...FILM_PICTURE,
    durationMs: film.frames * film.intervalMs,
    frameRate: 30,
    codec: 'h264',
    rotationDegrees: 0,
  } satisfies Partial<VideoInfo>;
  const request = {
    jobId: 'bench',
    file: join(folder, 'video'),
    folder,
    frameIntervalSeconds: film.intervalMs / 1000,
    detectFaces: true,
    detectPoses: true,
  };
  const findings = {
    observations: log,
    samples: log.samples,
    sampling: null,
    people: followed,
    models: [],
    processingTimeMs: 0,
  };
  writeResult({ request, video, ...findings }, resultFile(request));
  tell('result written');
  log.close();
});

function tell(step: string): void {
  const { heapUsed, rss } = process.memoryUsage();
  const seconds = (performance.now() / 1000).toFixed(1);
  process.stdout.write(
    `${seconds} s: ${step}; RSS ${megabytes(rss)} MiB, at most ${residentMebibytes('VmHWM')}, of it JavaScript ${megabytes(heapUsed)}\n`,
  );
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
