/** Cuts a stream of bytes into lines of bounded length: how the words of ffmpeg are read. */

/** Longer lines are cut here: no line that is understood comes near it, and a hostile tag may be megabytes long. */
const MAX_LINE_LENGTH = 4096;

/** A push parser: feed it chunks of UTF-8, cut anywhere, then call `end` once. */
export interface LineSplitter {
  push(chunk: Uint8Array): void;
  /** Delivers the last line when it has no line end. */
  end(): void;
}

/** Calls `onLine` with every non-empty line, without its end (\n, \r or both), cut after 4096 characters. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new TextDecoder();
  let pending = '';

  const deliver = (line: string) => {
    if (line !== '') onLine(line.slice(0, MAX_LINE_LENGTH));
  };
  return {
    push(chunk) {
      const lines = (pending + decoder.decode(chunk, { stream: true })).split(/[\r\n]+/);
      // The start of an overlong line is kept and its rest dropped, so that memory stays bounded.
      pending = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
      for (const line of lines) deliver(line);
    },
    end() {
      deliver(pending + decoder.decode());
      pending = '';
    },
  };
}
