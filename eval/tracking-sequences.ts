/** Scores the tracker on pedestrian sequences with known truth, at any frame rate. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type DetectionFrame, parseDetectionLines } from '../src/tracking/detection-lines.ts';
import { type SequenceOptions, trackSequence } from '../src/tracking/track-sequence.ts';
import { addCounts, countMot, type MotCounts } from './clear-mot.ts';
import { type MotRow, readMotFile } from './mot-files.ts';

/** One sequence: what a detector saw and what was there. */
export interface Sequence {
  readonly name: string;
  readonly frames: readonly DetectionFrame[];
  readonly truth: readonly MotRow[];
  readonly framesPerSecond: number;
}

/** A thinned sequence can start at any of the frames left out; so many starts, evenly spread, are pooled. */
const MOST_STARTS = 5;

/** Every folder of a tree that holds `gt.txt` and `detections.jsonl`, by name. */
export function readSequences(directory: string): Sequence[] {
  const truthFile = join(directory, 'gt.txt');
  const detectionFile = join(directory, 'detections.jsonl');
  if (existsSync(truthFile) && existsSync(detectionFile)) {
    const frames = parseDetectionLines(readFileSync(detectionFile, 'utf8'));
    const durationMs = (frames.at(-1)?.timeMs ?? 0) - (frames[0]?.timeMs ?? 0);
    const framesPerSecond = (1000 * (frames.length - 1)) / durationMs;
    return [{ name: basename(directory), frames, truth: readMotFile(truthFile), framesPerSecond }];
  }
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isDirectory())
    .flatMap(readSequences);
}

/**
 * Counts over a sequence of which only every k-th frame is shown to the tracker, and only those are scored.
 * @param framesPerSecond the rate wanted; never more than the sequence has
 */
export function countSequence(
  { frames, truth, framesPerSecond: fullRate }: Sequence,
  framesPerSecond: number,
  options: SequenceOptions,
): MotCounts {
  const every = Math.max(1, Math.floor(fullRate / framesPerSecond + 1e-6));
  const starts = Math.min(every, MOST_STARTS);
  const parts = Array.from({ length: starts }, (_, start) => {
    const first = Math.floor((start * every) / starts);
    const shown = frames.filter((_frame, i) => i % every === first);
    const result = trackSequence(shown, options).map(({ frameNumber, id, tlwh }) => ({
      frame: frameNumber,
      id,
      box: tlwh,
      scored: true,
      objectClass: null,
    }));
    return countMot(
      truth,
      result,
      shown.map(({ number }) => number),
    );
  });
  return addCounts(parts);
}

/** The sequence as a detector without appearance vectors would have seen it. */
export function withoutFeatures(sequence: Sequence): Sequence {
  const frames = sequence.frames.map((frame) => ({
    ...frame,
    detections: frame.detections.map((detection) => ({ ...detection, look: null })),
  }));
  return { ...sequence, frames };
}
