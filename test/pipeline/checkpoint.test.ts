import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AnalysisRequest, observationsFile } from '../../src/pipeline/analysis.ts';
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

  /** Leaves a log of one frame, and asks to go on from it. */
  function interrupted(): AnalysisRequest {
    const log = openLog(request, checkpointFingerprint('networks-a', request));
    log.append(FRAME);
    log.close();
    return { ...request, resume: true };
  }

  it('is gone on with under the same interval and tolerance only', () => {
    expect(framesOf(interrupted())).toBe(1);
    expect(framesOf({ ...interrupted(), samplingToleranceSeconds: 0 })).toBe(1);
    expect(framesOf({ ...interrupted(), samplingToleranceSeconds: 0.5 })).toBe(0);
    expect(framesOf({ ...interrupted(), frameIntervalSeconds: 1 })).toBe(0);
  });

  it('is gone on with only where that is asked for', () => {
    expect(framesOf({ ...interrupted(), resume: false })).toBe(0);
  });

  it('that is none is passed over', async () => {
    const resuming = interrupted();
    await rm(observationsFile(resuming));
    expect(framesOf(resuming)).toBe(0);
    await writeFile(observationsFile(resuming), 'not a checkpoint');
    expect(framesOf(resuming)).toBe(0);
  });
});

describe('CheckpointClock', () => {
  it('is due once per interval', () => {
    const always = new CheckpointClock(0);
    expect([always.isDue(), always.isDue()]).toEqual([true, true]);
    expect(new CheckpointClock(Number.POSITIVE_INFINITY).isDue()).toBe(false);
  });
});
