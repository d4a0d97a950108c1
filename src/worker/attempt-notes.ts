/** What is noted of the attempts at a job, and how a beginning or an ending changes it: pure, and without harm done twice. */
import { z } from 'zod';
import type { ReceivedMessage } from './ports.ts';

/** An attempt: one receive of one message. */
export type Attempt = Pick<ReceivedMessage, 'messageId' | 'receiveCount'>;

const attemptSchema = z.object({ messageId: z.string(), receiveCount: z.int() });

const entrySchema = z.object({
  /** Attempts that have told of a thread or a child process they took with them. */
  crashes: z.int().min(0),
  /** The attempt that works on the job now, or the one that died doing so. */
  openedBy: attemptSchema.nullable(),
  /** Attempts that were followed by another one before they had told of their end: dead, until they tell after all. */
  missing: z.array(attemptSchema).default([]),
});

export type Entry = z.infer<typeof entrySchema>;

export const NEW_ENTRY: Entry = { crashes: 0, openedBy: null, missing: [] };

/**
 * How an attempt left its job:
 * - `done`: it has its result; the notes go
 * - `again`: another attempt follows
 * - `crashed`: as `again`, but it took a thread or a child process with it
 */
export type JournalEnding = 'done' | 'again' | 'crashed';

/** The notes after the beginning of an attempt. */
export function opened(found: Entry, attempt: Attempt): Entry {
  const { crashes, openedBy, missing } = found;
  const isMissing = openedBy !== null && isEarlier(openedBy, attempt);
  return { crashes, openedBy: attempt, missing: isMissing ? [...missing, openedBy] : missing };
}

/** The notes after the end of an attempt. */
export function ended({ crashes, openedBy, missing }: Entry, attempt: Attempt, ending: JournalEnding): Entry {
  return {
    crashes: crashes + (ending === 'crashed' ? 1 : 0),
    openedBy: openedBy !== null && isSame(openedBy, attempt) ? null : openedBy,
    missing: missing.filter((other) => !isSame(other, attempt)),
  };
}

export function names({ openedBy, missing }: Entry, attempt: Attempt): boolean {
  return [...missing, ...(openedBy === null ? [] : [openedBy])].some((other) => isSame(other, attempt));
}

function isSame(one: Attempt, other: Attempt): boolean {
  return one.messageId === other.messageId && one.receiveCount === other.receiveCount;
}

/** A later receive of the same message begins only after the earlier one has lost its hold: nobody works in its name any more. */
function isEarlier(one: Attempt, other: Attempt): boolean {
  return one.messageId === other.messageId && one.receiveCount < other.receiveCount;
}

export function parseEntry(bytes: Uint8Array | null): Entry | null {
  if (bytes === null) return null;
  try {
    return entrySchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    // Notes nobody can read tell nothing; the job itself is unharmed.
    return null;
  }
}
