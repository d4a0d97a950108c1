import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compareWithTruth } from '../../demo/compare-with-truth.ts';
import { renderScene } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { readAnalysisConfig } from '../../src/config.ts';
import { completedResultSchema } from '../../src/contract/result.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { WorkerError } from '../../src/errors.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { type AnalysisRequest, resultFile } from '../../src/pipeline/analysis.ts';
import { detectVideo } from '../../src/pipeline/detect-video.ts';
import { type Engines, loadEngines } from '../../src/pipeline/engines.ts';
import { runOwn } from '../media/counted-clip.ts';

const NEVER = new AbortController().signal;

describe('detectVideo', () => {
  let folder: string;
  let request: AnalysisRequest;
  let engines: Engines;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'detect-'));
    const file = join(folder, 'film.mp4');
    await renderScene(DEMO_SCENE, file, findFfmpeg(process.env));
    request = { jobId: 'job', file, folder, frameIntervalSeconds: 4, detectFaces: true, detectPoses: true };
    engines = await loadEngines(engineOptions(readAnalysisConfig(process.env), process.env));
  }, 60_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function detect(asked: AnalysisRequest) {
    const report = await detectVideo(asked, engines, () => undefined, NEVER);
    const json = await readFile(resultFile(asked), 'utf8');
    return { ...report, result: completedResultSchema.parse(JSON.parse(json)) };
  }

  it('tells who is where in a film whose truth is known, and how it was sampled', async () => {
    const { result, summary, sampling, durations } = await detect(request);
    const truth = compareWithTruth(result, DEMO_SCENE);
    expect(truth).toMatchObject({ found: truth.drawn, phantoms: 0 });
    expect(result.video).toMatchObject({ duration_ms: 24_000, frame_rate: 25, codec: 'h264' });
    expect(result.summary).toEqual(summary);
    expect(result.provenance.sampling?.plan).toBe(sampling?.plan);
    expect(durations.inferenceMs).toBeGreaterThan(0);
  });

  it('reports only what was asked for', async () => {
    const { result } = await detect({ ...request, detectPoses: false });
    expect(result.summary).toMatchObject({ poses_detected: 0, unique_pose_tracks: 0 });
    expect(result.summary.faces_detected).toBeGreaterThan(0);
  });

  it('knows bodies by their faces also where these are not asked for', async () => {
    const [all, bodies] = [await detect(request), await detect({ ...request, detectFaces: false })];
    const { faces_detected, unique_face_tracks, ...posesOnly } = all.result.summary;
    expect([faces_detected, unique_face_tracks]).not.toContain(0);
    expect(bodies.result.summary).toMatchObject({
      ...posesOnly,
      faces_detected: 0,
      unique_face_tracks: 0,
      processing_time_ms: expect.any(Number),
    });
    expect(bodies.result.frames).toEqual(all.result.frames.map((frame) => ({ ...frame, faces: [] })));
    expect(bodies.result.tracks).toEqual(all.result.tracks.filter(({ kind }) => kind === 'pose'));
  });

  it('shows a picture that lasts longer than the interval again, and counts it once', async () => {
    const fine = { ...request, frameIntervalSeconds: 0.25 };
    const file = join(folder, 'slow.mp4');
    const [shot] = DEMO_SCENE.shots;
    if (shot === undefined) throw new Error('the scene has no shot');
    const slow = { ...DEMO_SCENE, frameRate: 1, durationSeconds: 3, shots: [{ ...shot, to: 3 }] };
    await renderScene(slow, file, findFfmpeg(process.env));
    const { result } = await detect({ ...fine, file });
    expect(result.frames).toHaveLength(12);
    expect(result.frames.filter((frame) => !frame.repeats_previous)).toHaveLength(3);
    expect(result.summary.faces_detected).toBe(6);
    expect(
      result.tracks.filter(({ kind }) => kind === 'face').map(({ observations }) => observations),
    ).toEqual([3, 3]);
  });

  it('looks once at a slide that stands still, says so, and counts who is on it each time', async () => {
    const file = join(folder, 'slide.mp4');
    const still = ['-vf', 'select=eq(n\\,0),loop=loop=5:size=1,setpts=N/TB', '-r', '1', '-qp', '0'];
    runOwn(['-i', request.file, ...still, file]);
    const every = { ...request, frameIntervalSeconds: 1, file };
    const { result, durations } = await detect(every);
    const [first, ...others] = result.frames;
    expect(first).toMatchObject({ repeats_previous: false, equals_previous: false });
    expect(others).toHaveLength(5);
    for (const frame of others) {
      expect(frame).toMatchObject({ repeats_previous: false, equals_previous: true, faces: first?.faces });
    }
    expect(new Set(result.frames.map(({ timestamp_ms }) => timestamp_ms)).size).toBe(6);
    expect(result.summary.faces_detected).toBe(6 * (first?.faces.length ?? 0));
    expect(first?.faces.length).toBeGreaterThan(0);
    expect(durations.inferenceMs).toBeGreaterThan(0);
  });

  it('stops at once with the reason it is given', async () => {
    const abort = new AbortController();
    const reason = new WorkerError('SHUTTING_DOWN', 'stop');
    const analysis = detectVideo(request, engines, () => abort.abort(reason), abort.signal);
    await expect(analysis).rejects.toBe(reason);
  });
});
