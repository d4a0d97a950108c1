/** Shares the CPU time of the process among the jobs under way: which thread worked for which job cannot be told apart. */

/** CPU time of all threads of this process so far, in milliseconds. */
function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export class CpuShare {
  readonly #cpuMs: () => number;
  readonly #shares = new Set<{ ms: number }>();
  #sharedUntilMs = 0;

  constructor(cpuMs: () => number = processCpuMs) {
    this.#cpuMs = cpuMs;
  }

  /** From now on a job takes its part. Returns what ends that and tells the job's part in milliseconds. */
  begin(): () => number {
    this.#share();
    const share = { ms: 0 };
    this.#shares.add(share);
    return () => {
      this.#share();
      this.#shares.delete(share);
      return share.ms;
    };
  }

  /** Gives every job its part of the time since the last change; what passed without a job is nobody's. */
  #share(): void {
    const nowMs = this.#cpuMs();
    const partMs = (nowMs - this.#sharedUntilMs) / Math.max(1, this.#shares.size);
    for (const share of this.#shares) share.ms += partMs;
    this.#sharedUntilMs = nowMs;
  }
}
