/** What is noted of the attempts at a job, and how a beginning or an ending changes it: pure, and without harm done twice. */
import { z } from 'zod';
import type { ReceivedMessage } from './ports.ts';

/** An attempt: one receive of one message. */
export type Attempt = Pick<ReceivedMessage, 'messageId' | 'receiveCount'>;

const attemptSchema = z.object({ messageId: z.string(), receiveCount: z.int() });

const entrySchema = z.object({
  /** Names the request that is attempted; missing in notes that are older than this field. */
  request: z.string().optional(),
  /** Attempts that have told of a thread or a child process they took with them, since one got further. */
  crashes: z.int().min(0),
  /** Attempts that work on the job now, or died doing so: a job may have come in several messages. */
  open: z.array(attemptSchema).default([]),
  /** Attempts that were followed by another one before they had told of their end: dead, until they tell after all. */
  missing: z.array(attemptSchema).default([]),
});

export type Entry = z.infer<typeof entrySchema>;

export const NEW_ENTRY: Entry = { crashes: 0, open: [], missing: [] };

/** Of more messages with one job than anybody sends, the latest are remembered. */
const MOST_OPEN = 16;

/**
 * How an attempt left its job:
 * - `done`: it has its result; the notes go
 * - `again`: another attempt follows
 * - `crashed`: as `again`, but it took a thread or a child process with it
 */
export type JournalEnding = 'done' | 'again' | 'crashed';

/** The notes after the beginning of an attempt. */
export function opened(found: Entry, attempt: Attempt): Entry {
  const { crashes, open, missing } = found;
  const followed = open.filter((other) => isEarlier(other, attempt));
  const others = open.filter((other) => !followed.includes(other) && !isSame(other, attempt));
  return {
    crashes,
    open: [...others, attempt].slice(-MOST_OPEN),
    missing: [...missing, ...followed],
  };
}

/** The notes after an attempt has found that it is a suspect: earlier ones are known for dead, and it has not begun itself. */
export function openedUnlessSuspect(found: Entry, attempt: Attempt): Entry {
  const entry = opened(found, attempt);
  return crashesIn(entry) === 0 ? entry : ended(entry, attempt, 'again');
}

/** Attempts that took a process or a thread with them, as far as anyone knows. */
export function crashesIn({ crashes, missing }: Entry): number {
  return crashes + missing.length;
}

/** The notes after the end of an attempt. */
export function ended({ crashes, open, missing }: Entry, attempt: Attempt, ending: JournalEnding): Entry {
  return {
    crashes: crashes + (ending === 'crashed' ? 1 : 0),
    open: open.filter((other) => !isSame(other, attempt)),
    missing: missing.filter((other) => !isSame(other, attempt)),
  };
}

/** The notes after an attempt got further than those before it: what they died of lies behind it, or was not this job. */
export function gotFurther(found: Entry): Entry {
  return { ...found, crashes: 0, missing: [] };
}

export function names({ open, missing }: Entry, attempt: Attempt): boolean {
  return [...missing, ...open].some((other) => isSame(other, attempt));
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
