import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MODELS_DIRECTORY } from '../../../src/inference/model-store.ts';
import { loadPoseEngine } from '../../../src/vision/pose/load-pose-engine.ts';
import { plain } from '../../helpers/pictures.ts';

/** Whether a network that is built or fetched on demand has been. */
function isHere(file: string): boolean {
  return existsSync(join(MODELS_DIRECTORY, file));
}

describe('the pose engine', () => {
  it.each(['lite', 'full'] as const)(
    'runs the %s network of the repository and names what it runs',
    async (model) => {
      const { landmarker, models } = await loadPoseEngine({ engine: 'onnx', model, minPresence: 0.5 });
      expect(models.map(({ name }) => name)).toEqual(['pose-detector', `pose-landmarks-${model}`]);
      expect(models.map(({ licence }) => licence)).toEqual(['Apache-2.0', 'Apache-2.0']);
      expect(await landmarker.detect(plain(64, 64, [50, 60, 70]), [])).toEqual([]);
      await landmarker.close();
    },
  );

  it('needs a bundle for MediaPipe’s own graph, and says how to get it', async () => {
    const loading = loadPoseEngine({ engine: 'tasks-vision', model: 'lite', minPresence: 0.5 });
    if (isHere('downloads/pose_landmarker_lite.task')) {
      const { landmarker, models } = await loading;
      expect(models).toMatchObject([{ name: 'pose-landmarker-lite', licence: 'Apache-2.0' }]);
      await landmarker.close();
    } else {
      await expect(loading).rejects.toMatchObject({
        code: 'MODEL_INVALID',
        message: expect.stringContaining('npm run models:build -- lite --bundle'),
      });
    }
  });

  it('says how to build the bundle of another variant, and runs it where it has been', async () => {
    const loading = loadPoseEngine({ engine: 'tasks-vision', model: 'full', minPresence: 0.5 });
    if (['full', 'full_built'].some((name) => isHere(`downloads/pose_landmarker_${name}.task`))) {
      const { landmarker, models } = await loading;
      expect(models[0]?.name).toMatch(/^pose-landmarker-full/);
      await landmarker.close();
    } else {
      await expect(loading).rejects.toThrow('npm run models:build -- full --bundle');
    }
  });

  const hasHeavy = isHere('pose-landmarks-heavy.onnx');
  (hasHeavy ? it.skip : it)(
    `says how to build the heavy network where it has not been${hasHeavy ? ' (skipped: it has been built)' : ''}`,
    async () => {
      await expect(loadPoseEngine({ engine: 'onnx', model: 'heavy', minPresence: 0.5 })).rejects.toThrow(
        'npm run models:build -- heavy',
      );
    },
  );
});
