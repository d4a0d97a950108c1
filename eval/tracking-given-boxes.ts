/** Identities by themselves: the faces of the table take the place of the detector's, as in MOTChallenge's public-detection protocol. */
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { iou, type Size, scaleBox } from '../src/geometry/box.ts';
import type { Frame } from '../src/media/frame.ts';
import { probeVideo } from '../src/media/probe.ts';
import { resultFile } from '../src/pipeline/analysis.ts';
import { detectVideo } from '../src/pipeline/detect-video.ts';
import { type EngineOptions, type Engines, loadEngines } from '../src/pipeline/engines.ts';
import type { FaceDetection, FaceDetector } from '../src/vision/face-detector.ts';
import { withTempFolder } from '../src/worker/temp-folder.ts';
import type { MotCounts } from './clear-mot.ts';
import { countResult, type FaceRow, type FaceVideo, frameNumber, parseResult } from './tracking-faces.ts';

/** The table has no landmarks: a face gets those of the detector's box that overlaps it most, however unsure that one is. */
const LEAST_CONFIDENCE = 0.05;
const LEAST_OVERLAP = 0.3;

/** Scores the identities given to the very faces of a table. */
export class GivenBoxes {
  readonly #engines: Engines;

  private constructor(engines: Engines) {
    this.#engines = engines;
  }

  /** @throws WorkerError MODEL_INVALID */
  static async load(options: EngineOptions): Promise<GivenBoxes> {
    const faces = { ...options.faces, confidenceThreshold: LEAST_CONFIDENCE };
    return new GivenBoxes(await loadEngines({ ...options, faces }));
  }

  /**
   * @param framesPerSecond a rate whose every picture is in the table: twice a second, once, every two seconds, ...
   * @throws WorkerError VIDEO_*
   */
  async count({ name, file, truth }: FaceVideo, framesPerSecond: number): Promise<MotCounts> {
    const { signal } = new AbortController();
    const picture = await probeVideo(file, this.#engines.media, signal);
    const faceDetector = new TableDetector(truth, picture, this.#engines.faceDetector);
    const analysis = {
      jobId: name,
      file,
      frameIntervalSeconds: 1 / framesPerSecond,
      detectFaces: true,
      detectPoses: true,
    };
    return await withTempFolder(tmpdir(), async (folder) => {
      const request = { ...analysis, folder };
      await detectVideo(request, { ...this.#engines, faceDetector }, () => undefined, signal);
      return countResult(parseResult(await readFile(resultFile(request), 'utf8')), truth);
    });
  }
}

/** Finds in each frame of one video what its table says. */
class TableDetector {
  readonly #rows: readonly FaceRow[];
  readonly #picture: Size;
  readonly #landmarkSource: Pick<FaceDetector, 'detect'>;

  /** @param picture size of the upright source picture, in whose pixels the table is */
  constructor(rows: readonly FaceRow[], picture: Size, landmarkSource: Pick<FaceDetector, 'detect'>) {
    this.#rows = rows;
    this.#picture = picture;
    this.#landmarkSource = landmarkSource;
  }

  async detect(frame: Frame): Promise<FaceDetection[]> {
    const rows = this.#rows.filter((row) => row.frame === frameNumber(frame.timestampMs));
    const seen = await this.#landmarkSource.detect(frame);
    return rows.map(({ box: inSource, score: confidence }) => {
      const box = scaleBox(inSource, frame.width / this.#picture.width, frame.height / this.#picture.height);
      return { box, confidence, landmarks: landmarksOf(box, seen) };
    });
  }
}

function landmarksOf(box: FaceDetection['box'], seen: readonly FaceDetection[]): FaceDetection['landmarks'] {
  let nearest: FaceDetection | undefined;
  let most = LEAST_OVERLAP;
  for (const face of seen) {
    const overlap = iou(face.box, box);
    if (overlap >= most) [nearest, most] = [face, overlap];
  }
  return nearest?.landmarks ?? null;
}
