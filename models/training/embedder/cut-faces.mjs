// npm exec -c 'node cut-faces.mjs OUT [--truth CSV_FOLDER] VIDEO|PICTURE_FOLDER...': aligned faces as the worker itself finds and
// cuts them.
//
// OUT/faces.u8     112 x 112 x 3 bytes a face, RGB
// OUT/frames.u8    32 x 32 bytes a frame, grey: to recognise a frame in other collections
// OUT/faces.json   [{ source, time, x, width, person }]: seconds, the box in pixels, who it is; a face of a video
//                  with a table NAME.csv (time_s, x, y, w, h, person) is nobody's (null) where the table has no box
import { mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import '../../../src/no-onnx-telemetry.ts';
import sharp from 'sharp';
import { readPicture } from '../../../eval/read-picture.ts';
import { videoFrames } from '../../../eval/video-frames.ts';
import { iou } from '../../../src/geometry/box.ts';
import { openModel } from '../../../src/inference/model-store.ts';
import { ALIGNED_FACE_LENGTH, writeAlignedFace } from '../../../src/vision/aligned-crop.ts';
import { alignedToPicture } from '../../../src/vision/face-alignment.ts';
import { FaceDetector } from '../../../src/vision/face-detector.ts';

const INTERVAL_MS = 500;
const MIN_IOU = 0.4;
const BYTES = { mean: [0, 0, 0], std: [1 / 255, 1 / 255, 1 / 255] };
const PLANE = ALIGNED_FACE_LENGTH / 3;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { truth: { type: 'string' } } });
const [out, ...sources] = positionals;
mkdirSync(out, { recursive: true });
const faceFile = openSync(join(out, 'faces.u8'), 'w');
const frameFile = openSync(join(out, 'frames.u8'), 'w');
const detector = await FaceDetector.load(await openModel('face-detector', { role: 'face-detector' }));

const rows = [];
for (const source of sources) {
  const before = rows.length;
  const truth = statSync(source).isDirectory() ? null : readTruth(basename(source, extname(source)));
  for await (const [name, time, image] of images(source)) {
    const { width, height, data } = image;
    const thumbnail = sharp(data, { raw: { width, height, channels: 3 } }).resize(32, 32, { fit: 'fill' });
    writeSync(frameFile, await thumbnail.greyscale().raw().toBuffer());
    for (const { box, landmarks } of await detector.detect(image)) {
      writeSync(faceFile, cut(image, landmarks));
      const person = truth?.find((row) => row.time === time && iou(row.box, box) > MIN_IOU)?.person;
      rows.push({ source: name, time, x: Math.round(box.x), width: Math.round(box.width), person: person ?? null });
    }
  }
  console.log(basename(source), rows.length - before, 'faces');
}
writeFileSync(join(out, 'faces.json'), JSON.stringify(rows));
await detector.close();

async function* images(source) {
  if (statSync(source).isDirectory()) {
    const pictures = readdirSync(source).filter((name) => /\.(jpe?g|png)$/i.test(name));
    for (const name of pictures.sort()) yield [name, 0, await readPicture(join(source, name))];
    return;
  }
  for await (const frame of videoFrames(source, INTERVAL_MS)) {
    yield [basename(source), (frame.index * INTERVAL_MS) / 1000, frame];
  }
}

function readTruth(name) {
  const table = values.truth && join(values.truth, `${name}.csv`);
  if (!table || !statSync(table, { throwIfNoEntry: false })) return null;
  const [, ...lines] = readFileSync(table, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const [time, x, y, width, height] = line.split(',').map(Number);
    return { time, box: { x, y, width, height }, person: line.split(',')[5] };
  });
}

function cut(image, landmarks) {
  const planes = new Float32Array(ALIGNED_FACE_LENGTH);
  writeAlignedFace(image, alignedToPicture(landmarks), BYTES, planes, 0);
  return Uint8Array.from({ length: ALIGNED_FACE_LENGTH }, (_, i) => Math.round(planes[(i % 3) * PLANE + Math.floor(i / 3)]));
}
