/** Draws who was taken for whom in a face video, for people to look at what was scored. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompletedResult } from '../src/contract/result.ts';
import { iou, scaleBox } from '../src/geometry/box.ts';
import { type Drawing, drawBoxes } from './draw-boxes.ts';
import { type FaceVideo, frameNumber } from './tracking-faces.ts';
import { videoFrames } from './video-frames.ts';

/** Overlap from which a face counts as found, as in the scores. */
const MIN_IOU = 0.5;

/**
 * Every picture of an analysed video as `NAME-RATEfps-NUMBER.jpg`: the truth (green), and the tracked faces with their ids where
 * somebody is (yellow) and where nobody is (red). Nobody is known at times without truth.
 * @param result of the video at that rate
 */
export async function drawFaces(
  { name, file, truth }: FaceVideo,
  framesPerSecond: number,
  { frames, source_dimensions: source }: CompletedResult,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for await (const frame of videoFrames(file, 1000 / framesPerSecond)) {
    const analysed = frames[frame.index];
    if (analysed === undefined || frame.repeatsPrevious) continue;
    const there = truth.filter((row) => row.frame === frameNumber(analysed.timestamp_ms));
    const tracked = analysed.faces.filter(({ track_id: id }) => id !== null);
    const missed = there.filter(({ box }) => !tracked.some(({ bbox }) => iou(bbox, box) >= MIN_IOU));
    const drawings: Drawing[] = [
      ...there.map(({ box }) => ({ box, colour: 'lime' })),
      ...missed.map(({ box, id }) => ({ box, colour: 'lime', label: `person ${id}` })),
      ...tracked.map(({ bbox: box, track_id: id }) => {
        const person = there.find((row) => iou(row.box, box) >= MIN_IOU);
        return person === undefined
          ? { box, colour: 'red', label: `id ${id}` }
          : { box, colour: 'yellow', label: `id ${id}: person ${person.id}` };
      }),
    ];
    const [x, y] = [frame.width / source.width, frame.height / source.height];
    const number = String(frame.index).padStart(5, '0');
    await drawBoxes(
      frame,
      drawings.map((drawing) => ({ ...drawing, box: scaleBox(drawing.box, x, y) })),
      join(folder, `${name}-${framesPerSecond}fps-${number}.jpg`),
    );
  }
}
