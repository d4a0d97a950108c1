/** The group of a message, in the way its queue takes it: FIFO queues demand one, standard queues may have one (fair queues). */
import { randomUUID } from 'node:crypto';

export interface MessageGroup {
  readonly MessageGroupId: string;
  readonly MessageDeduplicationId?: string;
}

export function isFifoQueue(queueUrl: string): boolean {
  return queueUrl.endsWith('.fifo');
}

/**
 * What a message of that group is sent with. A FIFO queue drops in silence, whatever its body says, a message with a deduplication
 * id that came within five minutes: each call makes its own, which only the SDK's own retries share. A standard queue refuses any.
 */
export function messageGroup(queueUrl: string, groupId: string): MessageGroup {
  const group = { MessageGroupId: groupId };
  return isFifoQueue(queueUrl) ? { ...group, MessageDeduplicationId: randomUUID() } : group;
}
