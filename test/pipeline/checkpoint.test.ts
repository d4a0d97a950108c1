import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AnalysisRequest } from '../../src/pipeline/analysis.ts';
import { CheckpointClock, checkpointFingerprint, openLog } from '../../src/pipeline/checkpoint.ts';

const FRAME = { index: 0, timestampMs: 0, faces: [], poses: [], similarityToPrevious: null };

describe('a checkpoint', () => {
  let request: AnalysisRequest;

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'checkpoint-'));
    request = {
      jobId: 'a',
      file: 'a',
      folder,
      frameIntervalSeconds: 2,
      detectFaces: true,
      detectPoses: true,
    };
  });

  afterAll(() => rm(request.folder, { recursive: true, force: true }));

  function framesOf(asked: AnalysisRequest): number {
    const log = openLog(asked, checkpointFingerprint('networks-a', asked));
    const { length } = log;
    log.close();
    return length;
  }

  it('is gone on with under the same interval and tolerance only', () => {
    const log = openLog(request, checkpointFingerprint('networks-a', request));
    log.append(FRAME);
    const resumed = { ...request, resumeFrom: log.bytesFrom(0) };
    log.close();
    expect(framesOf(resumed)).toBe(1);
    expect(framesOf({ ...resumed, samplingToleranceSeconds: 0 })).toBe(1);
    expect(framesOf({ ...resumed, samplingToleranceSeconds: 0.5 })).toBe(0);
    expect(framesOf({ ...resumed, frameIntervalSeconds: 1 })).toBe(0);
  });

  it('that is none is passed over', () => {
    expect(framesOf({ ...request, resumeFrom: Buffer.from('not a checkpoint') })).toBe(0);
    expect(framesOf({ ...request, resumeFrom: null })).toBe(0);
  });
});

describe('CheckpointClock', () => {
  it('is due once per interval', () => {
    const always = new CheckpointClock(0);
    expect([always.isDue(), always.isDue()]).toEqual([true, true]);
    expect(new CheckpointClock(Number.POSITIVE_INFINITY).isDue()).toBe(false);
  });
});
