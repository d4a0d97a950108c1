/** Listens to what the ffmpeg children of one video say: what they cost, and their last words should they fail. */

/** Lines that are kept. */
const LAST_WORDS = 10;

export interface DecoderLog {
  readonly onStderrLine: (line: string) => void;
  /** CPU milliseconds of all children by their own account (option `-benchmark`); null when none has given one. */
  readonly cpuMs: () => number | null;
  /** The last lines of any of them, joined. */
  readonly lastWords: () => string;
}

const BENCH_LINE = /^bench: utime=([\d.]+)s(?: stime=([\d.]+)s)?/;

export function createDecoderLog(): DecoderLog {
  let totalMs: number | null = null;
  const words: string[] = [];
  return {
    onStderrLine(line) {
      words.push(line);
      if (words.length > LAST_WORDS) words.shift();
      const match = BENCH_LINE.exec(line);
      if (match === null) return;
      totalMs = (totalMs ?? 0) + Math.round(1000 * (Number(match[1]) + Number(match[2] ?? 0)));
    },
    cpuMs: () => totalMs,
    lastWords: () => words.join('\n'),
  };
}
