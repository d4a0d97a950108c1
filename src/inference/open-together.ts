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
  await Promise.all(opened.map((one) => one.close()));
  throw failed.reason;
}
