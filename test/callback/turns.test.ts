import { describe, expect, it } from '@jest/globals';
import { Turns } from '../../src/callback/turns.ts';

const NEVER = new AbortController().signal;

/** A task that notes its start and goes on until it is told to end. */
function task(name: string, started: string[]) {
  const end = Promise.withResolvers<void>();
  const run = async () => {
    started.push(name);
    await end.promise;
    return name;
  };
  return { run, end: end.resolve, fail: end.reject };
}

describe('turns', () => {
  it('are given to as many as allowed, then in order', async () => {
    const turns = new Turns(2);
    const started: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => task(name, started)) as [
      ReturnType<typeof task>,
      ReturnType<typeof task>,
      ReturnType<typeof task>,
      ReturnType<typeof task>,
    ];
    const ended = [a, b, c, d].map(({ run }) => turns.take(run, NEVER));
    await Promise.resolve();
    expect(started).toEqual(['a', 'b']);
    b.end();
    await ended[1];
    await Promise.resolve();
    expect(started).toEqual(['a', 'b', 'c']);
    for (const { end } of [a, c, d]) end();
    expect(await Promise.all(ended)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('pass on when a task fails', async () => {
    const turns = new Turns(1);
    const first = task('first', []);
    const failed = turns.take(first.run, NEVER);
    const second = turns.take(async () => 'second', NEVER);
    first.fail(new Error('failed'));
    await expect(failed).rejects.toThrow('failed');
    expect(await second).toBe('second');
    expect(await turns.take(async () => 'third', NEVER)).toBe('third');
  });

  it('are not taken by those who have stopped waiting', async () => {
    const turns = new Turns(1);
    const started: string[] = [];
    const first = task('first', started);
    const running = turns.take(first.run, NEVER);
    const impatient = new AbortController();
    const left = turns.take(task('left', started).run, impatient.signal);
    const third = turns.take(async () => 'third', NEVER);
    impatient.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    first.end();
    await running;
    expect(await third).toBe('third');
    expect(started).toEqual(['first']);
    await expect(turns.take(async () => 'late', impatient.signal)).rejects.toThrow('left');
  });

  it('are at least one', () => {
    expect(() => new Turns(0)).toThrow('allow one or more');
  });
});
