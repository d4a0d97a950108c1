import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { DetectionJob } from '../../src/contract/job.ts';
import { completedResponse, failedResponse, queuedResponse } from '../../src/contract/original-api.ts';
import { failedResult } from '../../src/contract/result.ts';

const RESULT = join(import.meta.dirname, '../fixtures/contract/v1/completed.result.json');

describe('the responses of the original API', () => {
  it('hold every field a client of then reads', () => {
    const response: unknown = JSON.parse(
      Buffer.from(completedResponse(readFileSync(RESULT), 'detections/"1".json')).toString(),
    );
    const box = {
      x: expect.any(Number),
      y: expect.any(Number),
      width: expect.any(Number),
      height: expect.any(Number),
    };
    expect(response).toMatchObject({
      job_id: expect.any(String),
      status: 'completed',
      source_dimensions: { width: 1920, height: 1080 },
      frame_interval_ms: 2000,
      frames: [
        {
          index: 0,
          timestamp_ms: 0,
          faces: [{ track_id: 1, bbox: box, confidence: expect.any(Number) }, {}],
          poses: [{ track_id: 1, keypoints: { nose: [0.3125, 0.1852] }, confidence: 0.87, gesture: null }],
        },
        {},
      ],
      tracks: [
        {
          track_id: 1,
          track_type: 'face',
          first_frame: 0,
          last_frame: 0,
          frame_count: 1,
          avg_bbox: box,
          avg_confidence: 0.9412,
        },
        { track_id: 1, track_type: 'pose' },
      ],
      summary: {
        total_frames: 2,
        faces_detected: 2,
        poses_detected: 1,
        unique_face_tracks: 1,
        unique_pose_tracks: 1,
        processing_time_ms: 812,
      },
      results_s3_key: 'detections/"1".json',
    });
  });

  it('say of a failed job why, in the empty shape of a result', () => {
    const failure = failedResult('job-1', { code: 'VIDEO_EMPTY', message: 'the video is empty' });
    expect(failedResponse(failure, 2000)).toMatchObject({
      job_id: 'job-1',
      status: 'failed',
      source_dimensions: { width: 0, height: 0 },
      frame_interval_ms: 2000,
      frames: [],
      tracks: [],
      error: 'the video is empty',
      error_code: 'VIDEO_EMPTY',
    });
  });

  it('say of a job in the background that it is queued', () => {
    const job: DetectionJob = {
      jobId: 'job-1',
      video: { bucket: 'media', key: 'a.mp4' },
      // 1000.9999999999999 ms as a binary fraction.
      frameIntervalSeconds: 1.001,
      samplingToleranceSeconds: 0,
      detectFaces: true,
      detectPoses: true,
      callbackUrl: 'https://example.com',
    };
    expect(queuedResponse(job)).toMatchObject({
      job_id: 'job-1',
      status: 'queued',
      frame_interval_ms: 1001,
      frames: [],
    });
  });
});
