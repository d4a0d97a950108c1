/** Opens several networks at the same time, all or none: ONNX Runtime ends the process when a thread goes while it still opens one. */

interface Closable {
  close(): Promise<void>;
}

/**
 * What the openings give, in their order. When one fails, the others are waited for and closed first.
 * @throws the reason of the first in order that failed
 */
export async function openTogether<T extends readonly Closable[]>(
  openings: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  const outcomes = await Promise.allSettled<Closable>(openings);
  const opened = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (failed?.status !== 'rejected') return opened as unknown as T;
  await closeAll(opened);
  throw failed.reason;
}

/**
 * What is made of networks that are open; they are closed first when that fails.
 * @throws what `make` throws
 */
export async function orClose<T>(opened: readonly Closable[], make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function closeAll(opened: readonly Closable[]): Promise<void> {
  await Promise.all(opened.map((one) => one.close()));
}
