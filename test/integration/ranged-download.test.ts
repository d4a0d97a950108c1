import { execFileSync } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderScene } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { createS3Client } from '../../src/aws/clients.ts';
import { S3Store } from '../../src/aws/s3-store.ts';
import { readAnalysisConfig } from '../../src/config.ts';
import { type CompletedResult, completedResultSchema } from '../../src/contract/result.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { detectMessage, holdNothing } from '../../src/http/detect-message.ts';
import { planDownload } from '../../src/media/download-plan.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { resultFile } from '../../src/pipeline/analysis.ts';
import { detectVideo } from '../../src/pipeline/detect-video.ts';
import { type Engines, loadEngines } from '../../src/pipeline/engines.ts';
import type { RangedDownloads } from '../../src/worker/analyse-stored-video.ts';
import type { AttemptFacts } from '../../src/worker/attempt-facts.ts';
import { Isolation } from '../../src/worker/isolation.ts';
import { JobRunner } from '../../src/worker/job-runner.ts';
import { ResultStore } from '../../src/worker/result-store.ts';
import { upload } from '../../tools/emulator/upload.ts';
import { BUCKET, getJson, REGION, startCloud, type TestCloud } from '../helpers/cloud.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../helpers/fault-proxy.ts';
import { PLAIN_NOTIFIER, SILENT } from '../helpers/test-worker.ts';

const ffmpeg = findFfmpeg(process.env);
const X264 = '-c:v libx264 -preset ultrafast -b:v 2500k -g 50 -keyint_min 50 -sc_threshold 0 -bf 2 -c:a aac';
const VP8 = '-c:v libvpx -deadline realtime -cpu-used 16 -b:v 1500k -g 50 -keyint_min 50';

/** Files of one minute with a keyframe every two seconds; `from` is remuxed. What is fetched at most, by seconds between samples. */
const VIDEOS: ReadonlyArray<{ file: string; encoding: string; from?: string; most: Record<number, number> }> =
  [
    { file: 'end.mp4', encoding: X264, most: { 10: 0.2, 2: 0.35 } },
    {
      file: 'start.mp4',
      encoding: '-c copy -movflags +faststart',
      from: 'end.mp4',
      most: { 10: 0.2, 2: 0.35 },
    },
    // For AAC, which begins before the pictures, the ffmpeg of 2018 moves all of them but the first by 23 ms.
    { file: 'film.mkv', encoding: '-c:v copy -c:a flac', from: 'end.mp4', most: { 10: 0.35, 2: 1 } },
    { file: 'film.webm', encoding: VP8, most: { 10: 0.35, 2: 1 } },
  ];

const planNeeded: RangedDownloads['planFor'] = (sampling) => (bytes, read, signal) =>
  planDownload(bytes, sampling, read, signal);

const MODES: Readonly<Record<'full' | 'auto' | 'ranged' | 'wrong', { ranged?: RangedDownloads }>> = {
  full: {},
  ranged: {
    ranged: {
      planFor: planNeeded,
      always: true,
    },
  },
  auto: {
    ranged: {
      planFor: planNeeded,
      always: false,
    },
  },
  // What another sampling would need.
  wrong: {
    ranged: {
      planFor: () => (bytes, read, signal) =>
        planDownload(bytes, { intervalMs: 20_000, toleranceMs: 0 }, read, signal),
      always: true,
    },
  },
};

describe('a video in S3, analysed with and without its unneeded parts', () => {
  let cloud: TestCloud;
  let folder: string;
  let engines: Engines;

  beforeAll(async () => {
    cloud = await startCloud();
    folder = await mkdtemp(join(tmpdir(), 'ranged-'));
    engines = await loadEngines(engineOptions(readAnalysisConfig(process.env), process.env));
    const scene = join(folder, 'scene.mp4');
    await renderScene(DEMO_SCENE, scene, ffmpeg);
    const grain = 'scale=640:360,fps=25,noise=alls=12:allf=t,format=yuv420p';
    const film = ['-stream_loop', '9', '-i', scene, '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '60'];
    for (const { file, encoding, from } of VIDEOS) {
      const source =
        from === undefined
          ? [...film, '-map', '0:v', '-map', '1:a', '-vf', grain]
          : ['-i', join(folder, from)];
      execFileSync(ffmpeg, [
        '-nostdin',
        '-v',
        'error',
        ...source,
        ...encoding.split(' '),
        join(folder, file),
      ]);
      await upload(cloud.s3, BUCKET, file, await readFile(join(folder, file)));
    }
  }, 120_000);

  afterAll(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the job as the worker does; the result without what only clocks tell. */
  async function run(
    file: string,
    mode: keyof typeof MODES,
    seconds: number,
  ): Promise<{ result: CompletedResult; facts: AttemptFacts }> {
    const { job_id, ending } = await endingOf(file, mode, seconds, new S3Store(cloud.s3));
    expect(ending.outcome).toEqual({ name: 'completed' });
    const result = completedResultSchema.parse(await getJson(cloud, `detections/${job_id}.json`));
    result.job_id = file;
    result.summary.processing_time_ms = 0;
    const { sampling } = result.provenance;
    if (sampling !== undefined) sampling.decoder_cpu_ms = null;
    return { result, facts: ending.facts };
  }

  async function endingOf(file: string, mode: keyof typeof MODES, seconds: number, store: S3Store) {
    const tempDir = await mkdtemp(join(folder, 'temp-'));
    const runner = new JobRunner({
      store,
      results: new ResultStore({ store, bucket: BUCKET, prefix: 'detections/' }),
      analyser: {
        async analyse(request, onProgress, signal) {
          const report = await detectVideo(request, engines, onProgress, signal);
          return { ...report, json: await openAsBlob(resultFile(request)) };
        },
      },
      notifier: PLAIN_NOTIFIER,
      isolation: new Isolation(),
      tempDir,
      maxVideoBytes: 1e9,
      jobTimeoutMs: 60_000,
      policy: { defaultBucket: BUCKET, allowedBuckets: [], defaultFrameIntervalSeconds: seconds },
      holdLease: holdNothing,
      logger: SILENT,
      ...MODES[mode],
    });
    const job_id = `${file}-${mode}-${seconds}`;
    const body = JSON.stringify({ job_id, video_s3_key: file, detect_poses: false });
    const ending = await runner.run(detectMessage(body), new AbortController().signal);
    expect(await readdir(tempDir)).toEqual([]);
    return { job_id, ending };
  }

  for (const { file, most } of VIDEOS) {
    it.each(Object.entries(most))(
      `has the same result, and costs less: ${file}, every %s s`,
      async (seconds, share) => {
        const whole = await run(file, 'full', Number(seconds));
        const { result, facts } = await run(file, 'ranged', Number(seconds));
        expect(result).toEqual(whole.result);
        expect(result.summary.faces_detected).toBeGreaterThan(0);
        const { size } = await stat(join(folder, file));
        expect(whole.facts).toMatchObject({ videoBytes: size, fetchedBytes: size });
        expect(facts.videoBytes).toBe(size);
        expect((facts.fetchedBytes ?? 0) / size).toBeLessThanOrEqual(share);
      },
    );
  }

  describe('whose download and analysis overlap', () => {
    let proxy: FaultProxy;
    let s3: S3Client;
    let store: S3Store;

    beforeAll(async () => {
      proxy = await startFaultProxy(cloud.endpoint);
      s3 = createS3Client({ region: REGION, endpointUrl: proxy.endpoint });
      store = new S3Store(s3, { maxFailures: 2, backOff: { baseMs: 5, maxMs: 5 } });
    });
    afterAll(async () => {
      s3.destroy();
      await proxy.stop();
    });

    /** Requests for the video between six and eight tenths of it: parts that come late, the last picture is not among them. */
    async function breakLateParts(fault: Fault): Promise<void> {
      const { size } = await stat(join(folder, 'start.mp4'));
      proxy.rule = ({ headers }) => {
        const share = Number(/^bytes=(\d+)/.exec(headers.range ?? '')?.[1] ?? 0) / size;
        return share > 0.6 && share < 0.8 ? fault : null;
      };
    }

    it('has the same result when all of it is fetched meanwhile', async () => {
      const whole = await run('start.mp4', 'full', 0.7);
      const { result, facts } = await run('start.mp4', 'auto', 0.7);
      expect(result).toEqual(whole.result);
      expect(result.provenance.sampling?.plan).toBe('groups');
      expect(facts.fetchedBytes).toBe(facts.videoBytes);
    });

    it('is tried again when the rest does not come', async () => {
      await breakLateParts({ status: 503, code: 'SlowDown' });
      const { ending } = await endingOf('start.mp4', 'ranged', 4, store);
      expect(ending.outcome).toMatchObject({ name: 'retry', error: { code: 'STORAGE_UNAVAILABLE' } });
    });
  });

  it('has the same result when a plan does not suffice: the rest is fetched', async () => {
    const whole = await run('end.mp4', 'full', 12);
    const { result, facts } = await run('end.mp4', 'wrong', 12);
    expect(result).toEqual(whole.result);
    expect(facts.fetchedBytes).toBe(facts.videoBytes);
  });
});
