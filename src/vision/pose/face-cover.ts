/** Hides the faces of everybody but one, and bodies where need be, so that the landmark network, which looks for the clearest body, finds that one's. */
import { clipToPicture, intersectionArea, type Tlwh } from '../../geometry/box.ts';
import type { RgbImage } from '../../geometry/rgb-image.ts';

/** Detectors draw faces tightly; the cover reaches this far beyond the box on each side, in its sizes. */
const MARGIN = 0.1;
const GREY = 114;

/**
 * Serves one picture after the other with one copy of its bytes: a fresh copy for each face would make ten megabytes of garbage a
 * frame, and a full collection with most of them.
 *
 * Measured on five films of groups: of 189 faces, 124 led to their own body without the patches, 183 with them.
 */
export class FaceCover {
  #image: RgbImage = { width: 0, height: 0, data: new Uint8Array(0) };
  #faces: readonly Tlwh[] = [];
  /** The picture with patches; as long as the last picture that needed any. */
  #copy = new Uint8Array(0);
  /** The bytes in which the copy may differ from the picture: all of them, when it is none of this picture. */
  #stale: readonly [start: number, end: number] = [0, 0];

  /** Takes up a picture and the boxes of its faces, in pixels. Its bytes must stay as they are until the next one. */
  begin(image: RgbImage, faces: readonly Tlwh[]): void {
    this.#image = image;
    this.#faces = faces;
    this.#stale = [0, image.data.length];
  }

  /**
   * The picture with a grey patch over each face except `spared`, which stays whole where a patch would reach into it, and over
   * `others`, places on other bodies (pixels); good until the next call. Only what touches `seen`, the part that will be looked at, is
   * hidden. The picture itself is left alone, and handed back as it is when there is nothing to hide.
   */
  sparing(spared: Tlwh | null, seen: Tlwh, others: readonly Tlwh[] = []): RgbImage {
    const faces = this.#faces.filter((face) => face !== spared).map(grown);
    const hidden = [...faces, ...others].filter((patch) => intersectionArea(patch, seen) > 0);
    if (hidden.length === 0) return this.#image;
    const { width, height, data } = this.#image;
    this.#restore();
    let [first, last] = [data.length, 0];
    for (const patch of hidden) {
      this.#eachRow(patch, (start, end) => {
        this.#copy.fill(GREY, start, end);
        first = Math.min(first, start);
        last = Math.max(last, end);
      });
    }
    this.#stale = [first, Math.max(first, last)];
    if (spared !== null) this.#copyBack(spared);
    return { width, height, data: this.#copy };
  }

  /** Makes the copy equal to the picture: one stretch, since dozens of patches one by one take ten times as long. */
  #restore(): void {
    const { data } = this.#image;
    if (this.#copy.length !== data.length) this.#copy = new Uint8Array(data.length);
    this.#copy.set(data.subarray(...this.#stale), this.#stale[0]);
  }

  #copyBack(box: Tlwh): void {
    const copy = this.#copy;
    const { data } = this.#image;
    // A view of each row would cost more than its bytes.
    this.#eachRow(box, (start, end) => {
      for (let i = start; i < end; i++) copy[i] = data[i] as number;
    });
  }

  /** Calls `paint` with the range of bytes that each row of the box takes. */
  #eachRow(box: Tlwh, paint: (start: number, end: number) => void): void {
    const { x, y, width, height } = clipToPicture(box, this.#image);
    const left = Math.floor(x);
    const right = Math.ceil(x + width);
    for (let row = Math.floor(y); row < Math.ceil(y + height); row++) {
      paint((row * this.#image.width + left) * 3, (row * this.#image.width + right) * 3);
    }
  }
}

function grown({ x, y, width, height }: Tlwh): Tlwh {
  return {
    x: x - MARGIN * width,
    y: y - MARGIN * height,
    width: width * (1 + 2 * MARGIN),
    height: height * (1 + 2 * MARGIN),
  };
}
