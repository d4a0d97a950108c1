/** One sampled picture of a video, as media hands it to the pipeline. */
import type { RgbImage } from '../geometry/rgb-image.ts';

/** One sample of a video: the picture shown at `index` x interval. Its `data` lasts until the frame after the next one is asked for. */
export interface Frame extends RgbImage {
  /** Sample number, 0-based, without gaps. */
  readonly index: number;
  /** When this picture really appears, counted from the video's first picture; at most half a frame after `index` x interval, or as far from it as the job's tolerance allows. */
  readonly timestampMs: number;
  /** The picture is the one of the frame before (it is shown longer than the interval), and `data` the same array. */
  readonly repeatsPrevious: boolean;
  /** Every pixel is that of the frame before: a repeated picture, or another one of something that stands still, like a slide. */
  readonly equalsPrevious: boolean;
}
