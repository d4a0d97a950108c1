/** How the colours of a torso are laid out in its appearance vector: what vision writes and tracking reads. */

/** Upper and lower half: a jacket over jeans is not jeans under a jacket. Left and right change when somebody turns. */
export const TORSO_CELLS = 2;

export const HUE_BINS = 12;
const SATURATION_BINS = 2;

/** Colours: the first bins of each cell. */
export const COLOUR_BINS = HUE_BINS * SATURATION_BINS;
/** From black to white: the bins after them. */
export const GREY_BINS = 6;
export const CELL_BINS = COLOUR_BINS + GREY_BINS;
