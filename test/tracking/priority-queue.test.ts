import { describe, expect, it } from '@jest/globals';
import { PriorityQueue } from '../../src/tracking/priority-queue.ts';
import { seededRandom } from '../../tools/seeded-random.ts';

describe('PriorityQueue', () => {
  it('hands out the item of the least key each time, whatever is put in between', () => {
    const random = seededRandom(7);
    const queue = new PriorityQueue<number>();
    const left: number[] = [];
    for (let step = 0; step < 2000; step++) {
      if (random() < 0.55) {
        const key = Math.floor(50 * random());
        left.push(key);
        left.sort((a, b) => a - b);
        queue.push(key, key);
      } else expect(queue.pop()).toBe(left.shift());
      expect(queue.leastKey).toBe(left[0] ?? Infinity);
    }
  });
});
