/** How far an analysis is, as the thread reports it: the command line shows it, and the worker saves its checkpoints. */
export interface Progress {
  /** Sampled frames analysed so far. */
  readonly framesDone: number;
  /** Sampled frames in all; an estimate until the last one where the container does not tell its duration. */
  readonly framesTotal: number;
  /** From time to time: of how many bytes of the `observationsFile` another process can go on from here. */
  readonly checkpoint?: number;
}
