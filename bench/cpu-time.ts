/** Tells how much CPU time processes have used: seconds of CPU repeat under load, seconds of the clock do not. */
import { readFileSync } from 'node:fs';

/** Kernel ticks a second; the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

export interface CpuTime {
  /** Seconds, user and system, of this process with all its threads. */
  readonly own: number;
  /** Seconds of all children that have ended, and theirs. NaN where there is no /proc. */
  readonly children: number;
}

/** What was used so far; subtract two of them. */
export function cpuTime(): CpuTime {
  const { user, system } = process.cpuUsage();
  return { own: (user + system) / 1e6, children: childrenSeconds() };
}

function childrenSeconds(): number {
  try {
    // Fields 16 and 17 of proc(5); the name before them may contain anything but ends with the last parenthesis.
    const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
  } catch {
    return Number.NaN;
  }
}
