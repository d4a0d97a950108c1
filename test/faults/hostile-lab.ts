/** The setting for hostile videos: the real detection threads, decoders that cannot have much memory, and something to spy on. */
import { readdirSync, readlinkSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAnalysisConfig } from '../../src/config.ts';
import { completedResultSchema } from '../../src/contract/result.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { WorkerError } from '../../src/errors.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { PRIVATE_FOLDER_KIND } from '../../src/media/private-folder.ts';
import { DetectionPool } from '../../src/pipeline/detection-pool.ts';
import { processFolderPrefix } from '../../src/process-folder.ts';

/** Nothing that small may take longer. */
const DEADLINE_MS = 20_000;

/** Address space of one decoder: a quarter of what pictures beyond the limits would take. */
const MAX_DECODER_KIB = 700_000;

export interface HostileLab {
  /** A file in the lab's folder, by its bare name. */
  path(name: string): string;
  /** What becomes of a file: an error's code, or the sizes and number of the frames in its valid result. Anything else rejects. */
  outcomeOf(file: string): Promise<string>;
  /** A URL that must not be asked for. */
  readonly url: string;
  /** How often it was. */
  requests(): number;
  /** Sets the marks by which a later reading of the file is seen. */
  guard(file: string): Promise<void>;
  /** Whether the file was read since; never, where the file system takes no note of it. */
  wasRead(file: string): Promise<boolean>;
  /** Whether it does. */
  readonly notesReadings: boolean;
  /** Decoders of this process that still live, and folders they left. */
  leftovers(): string[];
  close(): Promise<void>;
}

export async function openHostileLab(): Promise<HostileLab> {
  const folder = await mkdtemp(join(tmpdir(), 'hostile-'));
  const path = (name: string) => join(folder, name);
  const ffmpeg = path('ffmpeg');
  const real = findFfmpeg(process.env);
  await writeFile(ffmpeg, `#!/bin/sh\nulimit -v ${MAX_DECODER_KIB}\nexec ${real} "$@"\n`);
  await chmod(ffmpeg, 0o755);
  const env = { ...process.env, FFMPEG_PATH: ffmpeg, FACE_INPUT_SIZE: '160' };
  const pool = new DetectionPool({ threads: 2, engines: engineOptions(readAnalysisConfig(env), env) });
  await pool.ready();

  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  const guard = async (file: string) => {
    const { mtime } = await stat(file);
    // The time of the last reading is noted at least where it is older than the content.
    await utimes(file, new Date(mtime.getTime() - 1000), mtime);
  };
  const wasRead = async (file: string) => {
    const { atime, mtime } = await stat(file);
    return atime >= mtime;
  };
  await guard(ffmpeg);
  await readFile(ffmpeg);

  return {
    path,
    guard,
    wasRead,
    notesReadings: await wasRead(ffmpeg),
    async outcomeOf(file) {
      const options = { frameIntervalSeconds: 1, detectFaces: true, detectPoses: false };
      const own = await mkdtemp(path('analysis-'));
      const request = { jobId: 'hostile', file, folder: own, ...options };
      try {
        const { json } = await pool.analyse(request, () => {}, AbortSignal.timeout(DEADLINE_MS));
        const result = completedResultSchema.parse(JSON.parse(await json.text()));
        const { width, height } = result.source_dimensions;
        return `${width}x${height}, ${result.frames.length} frames`;
      } catch (error) {
        if (error instanceof WorkerError && error.code.startsWith('VIDEO_')) return error.code;
        throw error;
      } finally {
        await rm(own, { recursive: true });
      }
    },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/video.mp4`,
    requests: () => requests,
    leftovers: () => [...ownFolders(), ...ownDecoders()],
    async close() {
      await pool.close();
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

/** In what each decoder of this process works. */
const DECODER_FOLDER = processFolderPrefix(PRIVATE_FOLDER_KIND);

function ownFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(DECODER_FOLDER));
}

function ownDecoders(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(workingFolderOf).filter((folder) => folder.includes(DECODER_FOLDER));
}

function workingFolderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It has ended meanwhile.
    return '';
  }
}
