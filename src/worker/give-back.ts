/** Returns a message that nobody has worked on to its queue, at once. */
import { isLastReceive } from './outcome.ts';
import type { ReceivedMessage } from './ports.ts';

const TIMEOUT_MS = 5000;

/** Never rejects: should it fail, the message becomes visible when its visibility timeout ends. */
export async function giveBack(message: ReceivedMessage): Promise<void> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  // A receive cannot be un-counted: after the last one only a fresh copy is kept from the dead-letter queue.
  await (isLastReceive(message) ? message.resend(signal) : message.changeVisibility(0, signal)).catch(
    () => {},
  );
}
