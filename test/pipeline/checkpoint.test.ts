import { describe, expect, it } from '@jest/globals';
import {
  type Checkpoint,
  CheckpointClock,
  checkpointFingerprint,
  decodeCheckpoint,
  encodeCheckpoint,
} from '../../src/pipeline/checkpoint.ts';

const CHECKPOINT: Checkpoint = {
  observations: [
    {
      index: 0,
      timestampMs: 0,
      faces: [
        {
          box: { x: 1.5, y: 2, width: 30.25, height: 40 },
          confidence: 0.9,
          landmarks: null,
          embedding: new Float32Array([0.1, -0.2, 0.3]),
        },
      ],
      poses: [],
      similarityToPrevious: null,
    },
  ],
  samples: [0, 0],
};

describe('a checkpoint', () => {
  it('comes back bit for bit', () => {
    expect(decodeCheckpoint(encodeCheckpoint(CHECKPOINT, 'networks-a'), 'networks-a')).toMatchObject(
      CHECKPOINT,
    );
  });

  it('of other networks or options is not used', () => {
    expect(decodeCheckpoint(encodeCheckpoint(CHECKPOINT, 'networks-a'), 'networks-b')).toBeNull();
  });

  it('of another interval or tolerance is not used', () => {
    const request = { jobId: 'a', file: 'a', frameIntervalSeconds: 2, detectFaces: true, detectPoses: true };
    const of = (more: object) => checkpointFingerprint('networks-a', { ...request, ...more });
    expect(of({ samplingToleranceSeconds: 0 })).toBe(of({}));
    const tolerant = encodeCheckpoint(CHECKPOINT, of({ samplingToleranceSeconds: 0.5 }));
    expect(decodeCheckpoint(tolerant, of({ samplingToleranceSeconds: 0.5 }))).toMatchObject(CHECKPOINT);
    expect(decodeCheckpoint(tolerant, of({}))).toBeNull();
  });

  it('that is garbled or cut short is not used', () => {
    const bytes = encodeCheckpoint(CHECKPOINT, 'networks-a');
    expect(decodeCheckpoint(bytes.subarray(0, bytes.length / 2), 'networks-a')).toBeNull();
    expect(decodeCheckpoint(Buffer.from('not a checkpoint'), 'networks-a')).toBeNull();
    expect(decodeCheckpoint(new Uint8Array(), 'networks-a')).toBeNull();
  });
});

describe('CheckpointClock', () => {
  it('is due once per interval', () => {
    const always = new CheckpointClock(0);
    expect([always.isDue(), always.isDue()]).toEqual([true, true]);
    expect(new CheckpointClock(Number.POSITIVE_INFINITY).isDue()).toBe(false);
  });
});
