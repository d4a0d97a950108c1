/** `npm run bench -- length`: what a long video takes after its pictures were looked at: its observations kept, its people followed, its result written. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments } from '../src/command-line.ts';
import type { VideoInfo } from '../src/media/video-info.ts';
import { observationsFile, resultFile } from '../src/pipeline/analysis.ts';
import { ObservationLog } from '../src/pipeline/observation-log.ts';
import { writeResult } from '../src/pipeline/result-builder.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../src/tracking/follow-people.ts';
import { withTempFolder } from '../src/worker/temp-folder.ts';
import { positiveInteger, positiveNumber } from '../tools/number-options.ts';
import { FILM_PICTURE, syntheticFrames } from './synthetic-film.ts';

const INTERVAL_SECONDS = 2;

/**
 * One length in a process, because a process gives little memory back.
 * @param args the command line after `length`: --hours N [6] --people N in each frame [3] --shot SECONDS [8]
 */
export async function measure(args: string[]): Promise<void> {
  const { values } = parseArguments({
    args,
    options: {
      hours: { type: 'string', default: '6' },
      people: { type: 'string', default: '3' },
      shot: { type: 'string', default: '8' },
    },
  });
  const people = positiveInteger('--people', values.people);
  const film = {
    frames: Math.ceil((positiveNumber('--hours', values.hours) * 3600) / INTERVAL_SECONDS),
    intervalMs: INTERVAL_SECONDS * 1000,
    people,
    cast: Math.max(20, 4 * people),
    framesPerShot: Math.max(1, Math.round(positiveNumber('--shot', values.shot) / INTERVAL_SECONDS)),
  };
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
      frameIntervalSeconds: INTERVAL_SECONDS,
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
}

function tell(step: string): void {
  const { heapUsed, rss } = process.memoryUsage();
  const seconds = (performance.now() / 1000).toFixed(1);
  process.stdout.write(
    `${seconds} s: ${step}; RSS ${megabytes(rss)} MiB, of it JavaScript ${megabytes(heapUsed)}\n`,
  );
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
