/** Tells how much memory a process has, and the most it has had. */
import { readFileSync } from 'node:fs';

/**
 * A line of proc_pid_status(5): the resident memory now, or the most of it. Counted from the program's start on, while `maxRSS` of Node
 * begins with what the parent had when it started the process.
 * @returns whole MiB; NaN where there is no /proc
 */
export function residentMebibytes(line: 'VmRSS' | 'VmHWM', pid: number | 'self' = 'self'): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Math.round(Number(new RegExp(`^${line}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024);
  } catch {
    return Number.NaN;
  }
}
