/** How much a frame resembles the sampled frame before it, as vision measures it and tracking reads it; two low values mean a cut. */
export interface FrameSimilarity {
  /** Intersection of the HSV histograms of 64x36 thumbnails, 0..1. */
  readonly histogramIntersection: number;
  /** Pearson correlation of the grey thumbnails, -1..1; 1 when both are of a single colour, 0 when one of them is. */
  readonly greyCorrelation: number;
}
