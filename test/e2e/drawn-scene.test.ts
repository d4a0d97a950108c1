import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compareWithTruth } from '../../demo/compare-with-truth.ts';
import { type LocalAws, startLocalAws } from '../../demo/local-aws.ts';
import { type LocalReceiver, startLocalReceiver } from '../../demo/local-receiver.ts';
import { renderSceneBytes } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { startWorkerProcess, type WorkerProcess } from '../../demo/worker-process.ts';
import type { CompletedResult } from '../../src/contract/result.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { until } from '../helpers/until.ts';

describe('a worker process and a film whose truth is known', () => {
  let aws: LocalAws;
  let receiver: LocalReceiver;
  let worker: WorkerProcess;
  const results = new Map<string, CompletedResult>();

  beforeAll(async () => {
    aws = await startLocalAws();
    receiver = await startLocalReceiver();
    await aws.upload('film.mp4', await renderSceneBytes(DEMO_SCENE, 'mp4', findFfmpeg(process.env)));
    worker = await startWorkerProcess({
      env: { ...aws.env, MAX_CONCURRENT_JOBS: '2', CALLBACK_ALLOW_HOSTS: '127.0.0.1' },
      onLogLine: () => undefined,
    });
    for (const seconds of [2, 0.5]) {
      const job_id = `every-${seconds}s`;
      await aws.enqueue({
        job_id,
        video_s3_key: 'film.mp4',
        frame_interval_seconds: seconds,
        callback_url: receiver.url,
      });
    }
    for (const jobId of ['every-2s', 'every-0.5s']) {
      const event = await receiver.eventOf(jobId);
      expect(event.type).toBe('detection.completed');
      const { result } = await aws.resultOf(jobId);
      if (result.status === 'completed') results.set(jobId, result);
    }
  }, 120_000);

  afterAll(async () => {
    await worker.stop();
    await receiver.stop();
    await aws.stop();
  }, 60_000);

  it.each(['every-2s', 'every-0.5s'])('finds every drawn face, and no other (%s)', (jobId) => {
    const truth = compareWithTruth(results.get(jobId) as CompletedResult, DEMO_SCENE);
    expect(truth.drawn).toBeGreaterThan(10);
    expect(truth.found).toBe(truth.drawn);
    expect(truth.phantoms).toBe(0);
  });

  it.each(['every-2s', 'every-0.5s'])(
    'gives each drawn person one identity, through cuts and absences (%s)',
    (jobId) => {
      const { identities } = compareWithTruth(results.get(jobId) as CompletedResult, DEMO_SCENE);
      const [ada = [], ben = []] = [identities.get('ada'), identities.get('ben')];
      expect([ada.length, ben.length]).toEqual([1, 1]);
      expect(ada[0]).not.toBe(ben[0]);
    },
  );

  it.each([
    ['every-2s', 12],
    ['every-0.5s', 48],
  ])('samples the very pictures asked for (%s)', (jobId, frames) => {
    const result = results.get(jobId) as CompletedResult;
    expect(result.frames).toHaveLength(frames);
    expect(compareWithTruth(result, DEMO_SCENE).worstTimestampErrorMs).toBeLessThan(0.01);
  });

  it('finds the cuts', () => {
    const starts = results.get('every-0.5s')?.shots.map(({ start_ms }) => start_ms / 1000);
    expect(starts).toEqual([0, 9, 15]);
  });

  it('gives the body of a person the person of its face', () => {
    for (const { frames, tracks } of results.values()) {
      let pairs = 0;
      const personOf = (kind: string, id: number | null) =>
        tracks.find((track) => track.kind === kind && track.track_id === id)?.person_id;
      for (const { faces, poses } of frames) {
        for (const pose of poses) {
          const [nose] = pose.landmarks;
          const face = faces.find(
            ({ bbox }) =>
              nose !== undefined &&
              nose.x > bbox.x &&
              nose.x < bbox.x + bbox.width &&
              nose.y > bbox.y &&
              nose.y < bbox.y + bbox.height,
          );
          if (face === undefined) continue;
          expect(personOf('pose', pose.track_id) ?? 'nobody').toBe(personOf('face', face.track_id));
          pairs++;
        }
      }
      expect(pairs).toBeGreaterThan(0);
    }
  });

  it('deletes the messages of finished jobs', async () => {
    await until(async () => (await aws.messagesLeft()) === 0);
  });
});
