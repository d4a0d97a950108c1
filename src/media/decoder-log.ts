/** Listens to what the ffmpeg children of one video say: what they cost, and their last words should they fail. */

/** Lines that are kept. */
const LAST_WORDS = 10;

export interface DecoderLog {
  /** Listens to one more child: what it returns is told every line of that child. */
  readonly listen: () => (line: string) => void;
  /** CPU milliseconds of all children by their own account (option `-benchmark`); null when none has given one. */
  readonly cpuMs: () => number | null;
  /** The last lines of any of them, joined. */
  readonly lastWords: () => string;
}

const BENCH_LINE = /^bench: utime=(\d{1,9}\.\d{3})s(?: stime=(\d{1,9}\.\d{3})s)?/;

export function createDecoderLog(): DecoderLog {
  let totalMs: number | null = null;
  const words: string[] = [];
  return {
    listen() {
      let childMs = 0;
      return (line) => {
        words.push(line);
        if (words.length > LAST_WORDS) words.shift();
        const match = BENCH_LINE.exec(line);
        if (match === null) return;
        // A file's own text may imitate the line: ffmpeg's comes last.
        const cpuMs = Math.round(1000 * (Number(match[1]) + Number(match[2] ?? 0)));
        totalMs = (totalMs ?? 0) + cpuMs - childMs;
        childMs = cpuMs;
      };
    },
    cpuMs: () => totalMs,
    lastWords: () => words.join('\n'),
  };
}
