/** Waits for what has no event to wait for. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves once the condition holds; looks every 20 ms and gives up after a time no test should need. */
export async function until(condition: () => boolean | Promise<boolean>, limitMs = 25_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() > endMs)
      throw new Error(`the condition did not come true within ${limitMs} ms: ${String(condition)}`);
    await sleep(20);
  }
}
