import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type AskDependency, DependencyWatch } from '../../src/worker/dependency-watch.ts';
import { SILENT } from '../helpers/test-worker.ts';
import { until } from '../helpers/until.ts';

describe('a watched dependency', () => {
  let stop = new AbortController();
  afterEach(() => {
    stop.abort();
    stop = new AbortController();
  });

  function watchOf(ask: AskDependency, logger = SILENT): DependencyWatch {
    return new DependencyWatch({ name: 'the queue', ask, logger, everyMs: 5, limitMs: 50 });
  }

  it('has a problem from the second bad answer in a row to the next good one, each told in one line', async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line).msg) });
    let reason: string | null = null;
    let asked = 0;
    const watch = watchOf(async () => {
      asked += 1;
      return reason;
    }, logger);
    expect(watch.problem).toBeNull();
    watch.start(stop.signal);
    await until(() => asked > 2);
    expect(watch.problem).toBeNull();
    reason = 'HTTP 500';
    await until(() => watch.problem === 'the queue cannot be used (HTTP 500)');
    const before = asked;
    await until(() => asked > before + 2);
    reason = null;
    await until(() => watch.problem === null);
    expect(lines).toEqual(['the queue cannot be used (HTTP 500)', 'the queue can be used again']);
  });

  it('has no problem after one bad answer', async () => {
    const answers = ['HTTP 500', null];
    const watch = watchOf(async () => answers.shift() ?? null);
    await watch.ask();
    expect(watch.problem).toBeNull();
    expect(answers).toEqual([]);
  });

  it.each<[string, AskDependency]>([
    [
      'obeys its signal',
      (signal) => new Promise((_, reject) => (signal.onabort = () => reject(signal.reason))),
    ],
    ['obeys nothing', () => new Promise(() => {})],
  ])('that does not answer has a problem, also when the question %s', async (_, ask) => {
    const watch = watchOf(ask);
    await watch.ask();
    expect(watch.problem).toBe('the queue cannot be used (no answer within 50 ms)');
  });

  it('that cannot even be asked has a problem', async () => {
    const watch = watchOf(async () => {
      throw new Error('a bug');
    });
    await watch.ask();
    expect(watch.problem).toBe('the queue cannot be used (Error: a bug)');
  });

  it('is asked once at a time, and is settled when the answer has come', async () => {
    const answers: ((reason: string | null) => void)[] = [];
    const watch = watchOf(() => new Promise((resolve) => answers.push(resolve)));
    await watch.settled();
    expect(watch.problem).toBeNull();
    const both = Promise.all([watch.ask(), watch.ask()]);
    const settled = watch.settled();
    expect(answers).toHaveLength(1);
    answers[0]?.('gone');
    await until(() => answers.length === 2);
    answers[1]?.('gone');
    await settled;
    expect(watch.problem).toBe('the queue cannot be used (gone)');
    await both;
  });

  it('is asked no more after the stop', async () => {
    let asked = 0;
    const watch = watchOf(async () => {
      asked += 1;
      if (asked === 2) stop.abort();
      return null;
    });
    watch.start(stop.signal);
    await until(() => asked === 2);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(asked).toBe(2);
  });
});
