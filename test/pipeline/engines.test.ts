import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readAnalysisConfig } from '../../src/config.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { OnnxSession } from '../../src/inference/onnx-session.ts';
import { loadEngines } from '../../src/pipeline/engines.ts';

describe('loadEngines', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('closes all networks again where one cannot be used: a thread that tries again keeps no others', async () => {
    const close = jest.spyOn(OnnxSession.prototype, 'close');
    const options = engineOptions(readAnalysisConfig(process.env), process.env);
    const unusable = { ...options, faces: { ...options.faces, inputSize: 100 } };
    await expect(loadEngines(unusable)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(close).toHaveBeenCalledTimes(4);
  });
});
