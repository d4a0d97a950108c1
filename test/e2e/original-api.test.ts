import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalAws, startLocalAws } from '../../demo/local-aws.ts';
import { renderSceneBytes } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { startWorkerProcess, type WorkerProcess } from '../../demo/worker-process.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';

const JOB = { job_id: 'http-1', video_s3_key: 'film.mp4', frame_interval_seconds: 5, detect_poses: true };

describe('a worker process with HTTP_DETECT=true', () => {
  let aws: LocalAws;
  let worker: WorkerProcess;

  beforeAll(async () => {
    aws = await startLocalAws();
    await aws.upload('film.mp4', await renderSceneBytes(DEMO_SCENE, 'mp4', findFfmpeg(process.env)));
    worker = await startWorkerProcess({
      env: { ...aws.env, MAX_CONCURRENT_JOBS: '1', HTTP_DETECT: 'true', HTTP_DETECT_TOKEN: 'token' },
      onLogLine: () => undefined,
    });
  }, 120_000);

  afterAll(async () => {
    await worker.stop();
    await aws.stop();
  }, 60_000);

  function detect(token: string): Promise<Response> {
    return fetch(`${worker.healthUrl}/detect`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(JOB),
    });
  }

  it('serves a client of the original API, field for field', async () => {
    const response = await detect('token');
    expect(response.status).toBe(200);
    const box = {
      x: expect.any(Number),
      y: expect.any(Number),
      width: expect.any(Number),
      height: expect.any(Number),
    };
    const body = (await response.json()) as { frames: object[]; tracks: { track_type: string }[] };
    expect(body).toMatchObject({
      job_id: 'http-1',
      status: 'completed',
      source_dimensions: { width: expect.any(Number), height: expect.any(Number) },
      frame_interval_ms: 5000,
      summary: { total_frames: body.frames.length },
      results_s3_key: 'detections/http-1.json',
    });
    expect(body.frames[0]).toMatchObject({
      index: 0,
      timestamp_ms: 0,
      faces: expect.arrayContaining([
        expect.objectContaining({ track_id: 1, bbox: box, confidence: expect.any(Number) }),
      ]),
      poses: expect.arrayContaining([
        expect.objectContaining({
          keypoints: expect.objectContaining({ nose: expect.anything() }),
          gesture: null,
        }),
      ]),
    });
    expect(body.tracks.find(({ track_type }) => track_type === 'face')).toMatchObject({
      track_id: 1,
      first_frame: 0,
      last_frame: expect.any(Number),
      frame_count: expect.any(Number),
      avg_bbox: box,
      avg_confidence: expect.any(Number),
    });
  });

  it('asks for the token', async () => {
    expect((await detect('wrong')).status).toBe(401);
  });
});
