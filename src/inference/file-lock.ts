/** Lets one process at a time work on a file: how two fetches of one network, or two additions, keep out of each other's way. */
import { open, rm, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { statOrNull } from '../stat-or-null.ts';

const DEFAULT_HEARTBEAT_MS = 1000;

/** So many heartbeats that stay away are the end of a holder that could not clean up. */
const MISSED_HEARTBEATS = 5;

export interface FileLockOptions {
  /** Called once when another process holds the lock. */
  readonly onWait?: (() => void) | undefined;
  /** How often the holder shows that it lives, in milliseconds; 1000 by default. */
  readonly heartbeatMs?: number | undefined;
}

/**
 * Runs `work` while this process holds the lock `path`, and waits for it first. The holder touches the file again and again; a lock
 * that nobody touches belonged to a process that was killed, and is taken over. That needs no process ids, which containers that share
 * a folder give out twice, and no clocks that agree.
 * @throws what `work` throws, a system error when the file cannot be made, or the signal's reason
 */
export async function withFileLock<Result>(
  path: string,
  { onWait = () => undefined, heartbeatMs = DEFAULT_HEARTBEAT_MS }: FileLockOptions,
  work: () => Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  let waits = false;
  while (!(await take(path))) {
    if (!waits) onWait();
    waits = true;
    await untilFree(path, heartbeatMs, signal);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    // A heartbeat that fails is missed; the next one may do.
    utimes(path, now, now).catch(() => undefined);
  }, heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Returns when the lock is gone, or removes it when its holder is. */
async function untilFree(path: string, heartbeatMs: number, signal: AbortSignal): Promise<void> {
  let last = await touchedAt(path);
  for (let missed = 0; missed < MISSED_HEARTBEATS; missed++) {
    await sleep(heartbeatMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    const now = await touchedAt(path);
    if (now === null) return;
    if (now !== last) missed = -1;
    last = now;
  }
  await rm(path, { force: true });
}

/** Null when there is no lock. */
async function touchedAt(path: string): Promise<number | null> {
  return (await statOrNull(path))?.mtimeMs ?? null;
}
