import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { scores } from '../../eval/clear-mot.ts';
import { analyseFaces, countResult, readFaceVideos } from '../../eval/tracking-faces.ts';
import { readAnalysisConfig } from '../../src/config.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { DetectionPool } from '../../src/pipeline/detection-pool.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';

describeWithShared('faces in edited video, with a detector that finds them all', () => {
  let pool: DetectionPool;

  beforeAll(() => {
    const env = {
      YOLO_MODEL_PATH: sharedPath('models', 'face', 'yolov8n-face-kpt20.rebuilt.onnx'),
      FACE_CONFIDENCE_THRESHOLD: '0.35',
      PATH: process.env.PATH,
    };
    pool = new DetectionPool({ threads: 1, engines: engineOptions(readAnalysisConfig(env), env) });
  });

  afterAll(() => pool.close());

  it.each([
    { name: 'cuts-ABACBA-4s', rate: 2, idf1: 0.99, people: 7 },
    { name: 'cuts-ABACBA-4s', rate: 0.5, idf1: 0.99, people: 7 },
    { name: 'csci576-interview', rate: 2, idf1: 0.83, people: 3 },
    { name: 'csci576-interview', rate: 0.5, idf1: 0.83, people: 3 },
  ])(
    'keeps the people of $name apart and together at $rate frames a second',
    async ({ name, rate, idf1, people }) => {
      const videos = readFaceVideos(sharedPath('tracking', 'faces'), sharedPath('media'));
      const video = videos.find((one) => one.name === name);
      if (video === undefined) throw new Error(`no video ${name}`);
      const counts = countResult(await analyseFaces(video, rate, pool), video.truth);
      expect(scores(counts).idf1).toBeGreaterThanOrEqual(idf1);
      expect(counts.resultIds).toBeLessThanOrEqual(people);
    },
    60_000,
  );
});
