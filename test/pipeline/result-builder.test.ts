import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { completedResultSchema } from '../../src/contract/result.ts';
import { type Findings, writeResult } from '../../src/pipeline/result-builder.ts';
import { DEFAULT_TRACKING_OPTIONS, followPeople } from '../../src/tracking/follow-people.ts';
import type { FrameObservations } from '../../src/tracking/observations.ts';
import { poseOf } from '../tracking/synthetic-video.ts';

const PICTURE = { width: 640, height: 360 };

/** Somebody's face at a place. */
function frame(index: number, x: number, confidence = 0.9): FrameObservations {
  const face = { box: { x, y: 100, width: 50, height: 60 }, confidence, landmarks: null, embedding: null };
  return { index, timestampMs: index * 2000, faces: [face], poses: [], similarityToPrevious: null };
}

function findings(observations: FrameObservations[], samples: number[]): Findings {
  const tracking = {
    ...DEFAULT_TRACKING_OPTIONS,
    interpolate: true,
    picture: PICTURE,
    frameIntervalMs: 2000,
    maxCosineDistance: 0.5,
  };
  return {
    request: {
      jobId: 'job',
      file: '',
      folder: '',
      frameIntervalSeconds: 2,
      detectFaces: true,
      detectPoses: true,
    },
    video: { ...PICTURE, durationMs: 8000, frameRate: 30, codec: 'h264', rotationDegrees: 0 },
    observations,
    samples,
    sampling: null,
    people: followPeople(observations, tracking),
    models: [],
    processingTimeMs: 1,
  };
}

describe('writeResult', () => {
  let file: string;

  beforeAll(async () => {
    file = join(await mkdtemp(join(tmpdir(), 'result-')), 'result.json');
  });

  afterAll(() => rm(join(file, '..'), { recursive: true, force: true }));

  const written = async () => completedResultSchema.parse(JSON.parse(await readFile(file, 'utf8')));

  it('writes every sample, a picture shown for long again and counted once', async () => {
    const summary = writeResult(findings([frame(0, 100), frame(2, 102), frame(3, 104)], [0, 0, 1, 2]), file);
    const { frames, tracks, ...rest } = await written();
    expect(
      frames.map(({ index, timestamp_ms, repeats_previous }) => [index, timestamp_ms, repeats_previous]),
    ).toEqual([
      [0, 0, false],
      [1, 0, true],
      [2, 4000, false],
      [3, 6000, false],
    ]);
    expect(summary).toMatchObject({ total_frames: 4, faces_detected: 3, unique_face_tracks: 1 });
    expect(rest.summary).toEqual(summary);
    expect(tracks).toMatchObject([
      { first_frame: 0, last_frame: 3, frame_count: 3, avg_bbox: { x: 102, y: 100 } },
    ]);
  });

  it('has every frame in its shot, also where times are no whole milliseconds', async () => {
    const observations = [0, 1, 2].map((index) => ({ ...frame(index, 100), timestampMs: index * 2002.0021 }));
    writeResult(findings(observations, [0, 1, 2]), file);
    const { frames, shots } = await written();
    for (const { timestamp_ms: time } of frames) {
      expect(shots.some(({ start_ms, end_ms }) => start_ms <= time && time <= end_ms)).toBe(true);
    }
  });

  it('writes the interval and the tolerance without the noise of their binary fractions', async () => {
    const found = findings([], []);
    const request = { ...found.request, frameIntervalSeconds: 1.001, samplingToleranceSeconds: 0.0041 };
    const cost = { packets: 0, packetsTotal: 0, estimatedCpuMs: 0, decoderCpuMs: 0 };
    const sampling = { plan: 'all', reason: 'it is short', ...cost } as const;
    writeResult({ ...found, request, sampling }, file);
    const { frame_interval_ms: intervalMs, provenance } = await written();
    expect(intervalMs).toBe(1001);
    expect(provenance.sampling?.tolerance_ms).toBe(4.1);
  });

  it.each([
    [30_000 / 1001, 29.97],
    [24_000 / 1001, 23.976],
    [120_000 / 1001, 119.88],
    [1 / 3600, 0.00027778],
  ])('writes a frame rate of %d as %d: one picture an hour, too, is above 0', async (frameRate, rounded) => {
    const found = findings([], []);
    writeResult({ ...found, video: { ...found.video, frameRate } }, file);
    expect((await written()).video.frame_rate).toBe(rounded);
  });

  it('leaves out faces that were not asked for, and numbers those of whom a body was seen without gaps', async () => {
    const bodies = [poseOf({ x: 500, y: 100 }), poseOf({ x: 300, y: 100 })];
    const observations = [0, 1, 2, 3, 4].map((index) => {
      // In one frame the face is missed, and filled in.
      const { faces, ...rest } = frame(index, 100);
      return { ...rest, faces: index === 2 ? [] : faces, poses: index === 0 ? [] : bodies };
    });
    const found = findings(observations, [0, 1, 2, 3, 4]);
    expect(found.people.tracks.map(({ kind, personId }) => [kind, personId])).toEqual([
      ['face', 1],
      ['pose', 2],
      ['pose', 3],
    ]);
    const summary = writeResult({ ...found, request: { ...found.request, detectFaces: false } }, file);
    const { frames, tracks } = await written();
    expect(summary).toMatchObject({
      faces_detected: 0,
      poses_detected: 8,
      unique_face_tracks: 0,
      unique_pose_tracks: 2,
    });
    expect(frames.flatMap(({ faces }) => faces)).toEqual([]);
    expect(frames.map(({ poses }) => poses.map(({ track_id }) => track_id))).toEqual([
      [],
      ...[1, 2, 3, 4].map(() => [2, 1]),
    ]);
    expect(tracks.map(({ kind, track_id, person_id }) => [kind, track_id, person_id])).toEqual([
      ['pose', 1, 1],
      ['pose', 2, 2],
    ]);
  });

  it('writes a result without frames', async () => {
    expect(writeResult(findings([], []), file)).toMatchObject({ total_frames: 0 });
    expect(await written()).toMatchObject({ frames: [], tracks: [], shots: [] });
  });

  it('refuses to write more than may be stored, and says what to do', async () => {
    const always = Array.from({ length: 1000 }, () => 0);
    const shownForLong = findings([frame(0, 100)], always);
    expect(() => writeResult(shownForLong, file, 100_000)).toThrow(
      expect.objectContaining({
        code: 'RESULT_TOO_LARGE',
        message: expect.stringContaining('sample less often'),
      }),
    );
    expect((await stat(file)).size).toBeLessThan(200_000);
    const small = findings([frame(0, 100)], [0]);
    expect(() => writeResult(small, file, 100)).toThrow(
      expect.objectContaining({ code: 'RESULT_TOO_LARGE' }),
    );
    expect(writeResult(shownForLong, file, 1_000_000)).toMatchObject({ total_frames: 1000 });
  });

  it('refuses a frame that breaks the schema, and says where', () => {
    const found = findings([frame(0, 100), frame(1, 100)], [0, 1]);
    const broken = { ...found, observations: [frame(0, 100), frame(1, 100, 1.5)] };
    expect(() => writeResult(broken, file)).toThrow(/breaks its schema at frames\.1\.faces\.0\.confidence: /);
  });
});
