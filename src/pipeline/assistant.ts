/** A detection thread without a video of its own looks at pictures of another thread's video: both ends of it. */
import { on } from 'node:events';
import type { MessagePort } from 'node:worker_threads';
import type { RgbImage } from '../geometry/rgb-image.ts';
import { type LookOptions, type Networks, observeFrame, type Sights } from './observe-frame.ts';

/** Pictures an assistant has at once: the one it looks at, and the next, so that it need not wait for it. */
export const ASSISTANT_ROOM = 2;

/** A picture that is being looked at elsewhere. */
export interface Look {
  /** Its own copy, which stays as it is until `sights` resolves, and for ever where that is to null. */
  readonly picture: RgbImage;
  /** Null when the assistant is gone, for whatever reason; never rejects. */
  readonly sights: Promise<Sights | null>;
}

interface Question {
  readonly picture: RgbImage;
  readonly options: LookOptions;
}

/** What the assistant says first: it has its thread and the networks, so that pictures will not wait for them. */
const HERE = 'here';

/** A picture that waits for its answer. */
interface Asked {
  readonly copy: Uint8Array;
  readonly answer: (sights: Sights | null) => void;
}

/** The end of the thread that has the video. */
export class Assistant {
  readonly #port: MessagePort;
  readonly #copies: Uint8Array[];
  /** In their order. */
  readonly #asked: Asked[] = [];
  #presence: 'awaited' | 'here' | 'gone' = 'awaited';

  /**
   * @param copies memory for pictures that nobody needs any more, seen by both threads. It outlives the assistant: V8 does not count memory
   * that threads share, and would let that of many videos pile up before it looks for garbage.
   */
  constructor(port: MessagePort, copies: Uint8Array[]) {
    this.#port = port;
    this.#copies = copies;
    port.on('message', (said: typeof HERE | Sights) => {
      if (said === HERE) this.#presence = 'here';
      else this.#take(said);
    });
    port.on('close', () => this.#lose());
  }

  /** Has the picture looked at; null when the assistant is not here, or has no room for one more. */
  look({ width, height, data }: RgbImage, options: LookOptions): Look | null {
    if (this.#presence !== 'here' || this.#asked.length === ASSISTANT_ROOM) return null;
    const copy = this.#copyOf(data);
    const picture = { width, height, data: copy };
    const sights = new Promise<Sights | null>((answer) => this.#asked.push({ copy, answer }));
    this.#port.postMessage({ picture, options } satisfies Question);
    return { picture, sights };
  }

  /** Lets it go. What it has not answered by now it never will. */
  close(): void {
    this.#port.close();
    this.#lose();
  }

  #copyOf(data: Uint8Array): Uint8Array {
    const old = this.#copies.pop();
    const copy = old?.length === data.length ? old : new Uint8Array(new SharedArrayBuffer(data.length));
    copy.set(data);
    return copy;
  }

  #take(sights: Sights): void {
    const asked = this.#asked.shift();
    if (asked === undefined) return;
    this.#copies.push(asked.copy);
    asked.answer(sights);
  }

  /** The copies stay with those who now look themselves. */
  #lose(): void {
    this.#presence = 'gone';
    for (const { answer } of this.#asked.splice(0)) answer(null);
  }
}

/**
 * The end of the thread that assists: looks at the pictures that come until their port is closed, or until it is called away, when it
 * looks at those it has. However it ends, the other end hears of it, and looks itself.
 * @param calledAway closed by whoever has other work for this thread
 * @param load asked for the networks, which this thread may not have yet
 * @throws as `load` and `observeFrame` do; the other end meets the same error where it is the picture's
 */
export async function assist(
  pictures: MessagePort,
  calledAway: MessagePort,
  load: () => Promise<Networks>,
): Promise<void> {
  const leave = new AbortController();
  calledAway.once('close', () => leave.abort());
  try {
    const networks = await load();
    pictures.postMessage(HERE);
    const questions = on(pictures, 'message', { close: ['close'], signal: leave.signal });
    for await (const [{ picture, options }] of questions as AsyncIterable<[Question]>) {
      pictures.postMessage(await observeFrame(picture, networks, options));
    }
  } catch (error) {
    if (!leave.signal.aborted) throw error;
  } finally {
    pictures.close();
    calledAway.close();
  }
}
