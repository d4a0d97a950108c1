import { describe, expect, it } from '@jest/globals';
import { DeepSort } from '../../src/tracking/deep-sort.ts';
import { toDetection } from '../../src/tracking/detection.ts';
import { WALKER_MOTION } from '../../src/tracking/motion-priors.ts';
import { readGolden } from './golden.ts';

interface EndToEnd {
  readonly sequences: readonly {
    readonly name: string;
    readonly params: {
      readonly max_cosine_distance: number;
      readonly nn_budget: number;
      readonly max_iou_distance: number;
      readonly max_age: number;
      readonly n_init: number;
    };
    readonly next_id: number;
    readonly frames: readonly {
      readonly detections: readonly {
        readonly tlwh: readonly [number, number, number, number];
        readonly score: number;
        readonly feature: readonly number[];
      }[];
      readonly tracks: readonly {
        readonly id: number;
        readonly state: string;
        readonly hits: number;
        readonly age: number;
        readonly time_since_update: number;
        readonly tlwh: readonly [number, number, number, number];
        readonly reported: boolean;
      }[];
    }[];
  }[];
}

describe('DeepSort with the published parameters', () => {
  const { sequences } = readGolden<EndToEnd>('end_to_end_stock');

  it.each(sequences)(
    'equals the reference run "$name" frame by frame, up to one renaming',
    ({ params, frames, next_id: nextId }) => {
      const tracker = new DeepSort({
        maxCosineDistance: params.max_cosine_distance,
        nnBudget: params.nn_budget,
        maxIouDistance: params.max_iou_distance,
        maxAgeFrames: params.max_age,
        hitsToConfirm: params.n_init,
        frameIntervalMs: null,
        overlapFrames: 1,
        timeAwareness: 0,
        pictureArea: 1,
        motion: WALKER_MOTION,
      });
      const renamed = new Map<number, number>();
      let born = 0;
      frames.forEach(({ detections, tracks }, index) => {
        tracker.update(
          index * 33,
          detections.map(({ tlwh: [x, y, width, height], score, feature }) =>
            toDetection({ x, y, width, height }, score, Float64Array.from(feature)),
          ),
        );
        expect(tracker.live).toHaveLength(tracks.length);
        for (const expected of tracks) {
          const [x, y, width, height] = expected.tlwh;
          const actual = tracker.live.find(({ tlwh }) =>
            [tlwh.x - x, tlwh.y - y, tlwh.width - width, tlwh.height - height].every(
              (d) => Math.abs(d) < 1e-5,
            ),
          );
          expect(actual).toMatchObject({
            state: expected.state,
            timeSinceUpdate: expected.time_since_update,
          });
          expect(actual?.sightings).toHaveLength(expected.hits);
          if (!renamed.has(expected.id)) renamed.set(expected.id, actual?.id ?? -1);
          expect(actual?.id).toBe(renamed.get(expected.id));
          born = Math.max(born, actual?.id ?? 0);
        }
      });
      expect(new Set(renamed.values()).size).toBe(renamed.size);
      expect(born).toBe(nextId - 1);
    },
  );
});
