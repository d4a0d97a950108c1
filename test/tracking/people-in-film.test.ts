import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readAnalysisConfig } from '../../src/config.ts';
import { type CompletedResult, completedResultSchema } from '../../src/contract/result.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { DetectionPool } from '../../src/pipeline/detection-pool.ts';
import { withTempFolder } from '../../src/worker/temp-folder.ts';
import { describeWithShared, sharedPath } from '../helpers/shared.ts';

describeWithShared('people in film, through the whole pipeline', () => {
  let pool: DetectionPool;

  beforeAll(() => {
    const env = { PATH: process.env.PATH };
    pool = new DetectionPool({ threads: 1, engines: engineOptions(readAnalysisConfig(env), env) });
  });

  afterAll(() => pool.close());

  async function analyse(video: string, frameIntervalSeconds: number): Promise<CompletedResult> {
    const file = sharedPath('media', video);
    const request = { jobId: 'film', file, frameIntervalSeconds, detectFaces: true, detectPoses: true };
    const { signal } = new AbortController();
    return await withTempFolder(tmpdir(), async (folder) => {
      const { json } = await pool.analyse({ ...request, folder }, () => undefined, signal);
      return completedResultSchema.parse(JSON.parse(await json.text()));
    });
  }

  it('are six where six come one after the other, though three of them wear black', async () => {
    const { tracks } = await analyse('intel-one-by-one-person-detection.mp4', 2);
    const seconds = tracks
      .filter(({ kind }) => kind === 'pose')
      .map(({ first_ms: firstMs, last_ms: lastMs }) => [
        Math.round(firstMs / 1000),
        Math.round(lastMs / 1000),
      ]);
    expect(seconds).toEqual([
      [8, 18],
      [24, 44],
      [52, 68],
      [76, 86],
      [94, 118],
      [126, 134],
    ]);
    const personOf = new Set(tracks.filter(({ kind }) => kind === 'pose').map((track) => track.person_id));
    expect(personOf.size).toBe(6);
  }, 120_000);

  it('are four where one of four throws her head back', async () => {
    const { tracks } = await analyse('sharjeel-test.mp4', 1);
    const personsOf = (wanted: string) =>
      tracks.filter(({ kind }) => kind === wanted).map((track) => track.person_id);
    expect(personsOf('face')).toEqual([1, 2, 3, 4]);
    expect(personsOf('pose')).toEqual([1, 2, 3, 4]);
  }, 120_000);
});
