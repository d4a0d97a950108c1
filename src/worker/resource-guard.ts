/** Lets no further job begin while memory or disk are short: concurrency sinks by itself, and the process is not killed. */
import { statfs } from 'node:fs/promises';

export interface ResourceGuardOptions {
  /** The folder the videos go to. */
  readonly tempDir: string;
  readonly minFreeDiskBytes: number;
  readonly minFreeMemoryBytes: number;
  /** Jobs under way. */
  readonly runningJobs: () => number;
}

export class ResourceGuard {
  readonly #options: ResourceGuardOptions;

  constructor(options: ResourceGuardOptions) {
    this.#options = options;
  }

  /** Why no further job should begin now, in words; null when one may. */
  async shortage(): Promise<string | null> {
    const { tempDir, minFreeDiskBytes, minFreeMemoryBytes, runningJobs } = this.#options;
    const disk = await statfs(tempDir).catch(() => null);
    if (disk === null) return `${tempDir} cannot be used: check TEMP_DIR`;
    if (disk.bavail * disk.bsize < minFreeDiskBytes) {
      return `less than ${mebibytes(minFreeDiskBytes)} free in ${tempDir}`;
    }
    // Knows the container's limit. A single job is always tried: waiting would free nothing.
    if (runningJobs() > 0 && process.availableMemory() < minFreeMemoryBytes) {
      return `less than ${mebibytes(minFreeMemoryBytes)} of memory free`;
    }
    return null;
  }
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
