import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { renderScene } from '../../demo/render-scene.ts';
import { DEMO_SCENE } from '../../demo/scene.ts';
import { readAnalysisConfig } from '../../src/config.ts';
import { completedResultSchema } from '../../src/contract/result.ts';
import { engineOptions } from '../../src/engine-options.ts';
import { WorkerError } from '../../src/errors.ts';
import { readModel } from '../../src/inference/model-store.ts';
import { findFfmpeg } from '../../src/media/ffmpeg-binary.ts';
import { type Analysis, type AnalysisRequest, observationsFile } from '../../src/pipeline/analysis.ts';
import { DetectionPool } from '../../src/pipeline/detection-pool.ts';
import { areAssisted } from '../../src/pipeline/idle-cores.ts';
import { until } from '../helpers/until.ts';

const NEVER = new AbortController().signal;
const options = engineOptions(readAnalysisConfig(process.env), process.env);

async function parse({ json }: Analysis) {
  return completedResultSchema.parse(JSON.parse(await json.text()));
}

/** A result without what tells how long it took and what it cost. */
async function untimed(analysis: Analysis) {
  const result = await parse(analysis);
  const { sampling: _cost, ...provenance } = result.provenance;
  return { ...result, provenance, summary: { ...result.summary, processing_time_ms: 0 } };
}

/** Command lines of this process's descendants that run ffmpeg on the file. */
async function ffmpegsOn(file: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return commands.filter((command) => command.includes('ffmpeg') && command.includes(file));
}

/** CPU time of each thread of this process by its id, in ticks of the system's clock (proc(5), Linux). */
async function threadTicks(): Promise<Map<string, number>> {
  const ids = await readdir('/proc/self/task');
  const stats = await Promise.all(
    ids.map((id) => readFile(`/proc/self/task/${id}/stat`, 'utf8').catch(() => '')),
  );
  return new Map(
    stats.map((stat, i) => {
      // After the name, which may hold anything: state, ..., utime and stime are the 12th and 13th of the rest.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [ids[i] ?? '', Number(fields[11]) + Number(fields[12])];
    }),
  );
}

describe('DetectionPool', () => {
  let folder: string;
  let request: AnalysisRequest;
  let pool: DetectionPool;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pool-'));
    const file = join(folder, 'film.mp4');
    await renderScene(DEMO_SCENE, file, findFfmpeg(process.env));
    request = { jobId: 'job', file, folder, frameIntervalSeconds: 2, detectFaces: true, detectPoses: true };
    pool = new DetectionPool({ threads: 1, engines: options });
  }, 60_000);

  afterAll(async () => {
    await pool.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('tells which networks it has loaded', async () => {
    const models = await pool.ready();
    expect(models.map(({ role }) => role).sort()).toEqual([
      'face-detector',
      'face-embedder',
      'pose-detector',
      'pose-landmarks',
    ]);
  });

  it('analyses the same video twice to the same result, apart from times', async () => {
    const [once, again] = [
      await untimed(await pool.analyse(request, () => undefined, NEVER)),
      await untimed(await pool.analyse(request, () => undefined, NEVER)),
    ];
    expect(again).toEqual(once);
  });

  it('reports its progress up to the last frame', async () => {
    const done: number[] = [];
    await pool.analyse(request, ({ framesDone, framesTotal }) => done.push(framesDone / framesTotal), NEVER);
    expect(done).toHaveLength(12);
    expect(done.at(-1)).toBe(1);
  });

  it('stops midway with the first reason, leaves no ffmpeg behind, and goes on with the next video', async () => {
    const abort = new AbortController();
    const reason = new WorkerError('SHUTTING_DOWN', 'stop it');
    const slow = { ...request, frameIntervalSeconds: 0.04 };
    await expect(pool.analyse(slow, () => abort.abort(reason), abort.signal)).rejects.toBe(reason);
    await until(async () => (await ffmpegsOn(request.file)).length === 0);
    const result = await parse(await pool.analyse(request, () => undefined, NEVER));
    expect(result.frames).toHaveLength(12);
  });

  it('gives the decoder of a lone video a second thread where there are cores for it, and those of videos side by side one each', async () => {
    const engines = { ...options, media: { ...options.media, plan: 'all' as const } };
    const two = new DetectionPool({ threads: 2, engines });
    const enough = new AbortController();
    const threadsOf = async (file: string) =>
      (await ffmpegsOn(file)).flatMap((command) => /-threads\0(\d+)\0-i.*rawvideo/.exec(command)?.[1] ?? []);
    const analyse = async (name: string) => {
      const own = { file: join(folder, `${name}.mp4`), folder: join(folder, name) };
      await mkdir(own.folder);
      await copyFile(request.file, own.file);
      const long = { ...request, ...own, frameIntervalSeconds: 0.2 };
      const ended = two.analyse(long, () => {}, enough.signal).catch((error: unknown) => error);
      const seen: string[] = [];
      await until(async () => seen.push(...(await threadsOf(own.file))) > 0);
      return { ended, seen };
    };
    try {
      const cores = availableParallelism();
      const first = await analyse('first');
      const second = await analyse('second');
      enough.abort(new WorkerError('SHUTTING_DOWN', 'both were seen'));
      for (const { ended } of [first, second]) expect(await ended).toBe(enough.signal.reason);
      expect(first.seen).toEqual([cores >= 2 ? '2' : '1']);
      expect(second.seen).toEqual([cores >= 4 ? '2' : '1']);
    } finally {
      await two.close();
    }
  });

  it('goes on from a checkpoint to the very result of an uninterrupted analysis', async () => {
    const whole = await untimed(await pool.analyse(request, () => undefined, NEVER));
    const abort = new AbortController();
    let checkpoint: number | undefined;
    const interrupted = pool.analyse(
      { ...request, checkpointEveryMs: 0 },
      (progress) => {
        if (progress.framesDone < 5) return;
        checkpoint = progress.checkpoint;
        abort.abort(new WorkerError('SHUTTING_DOWN', 'enough'));
      },
      abort.signal,
    );
    await expect(interrupted).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await truncate(observationsFile(request), checkpoint);
    const steps: number[] = [];
    const rest = await pool.analyse(
      { ...request, resume: true },
      ({ framesDone }) => steps.push(framesDone),
      NEVER,
    );
    expect(steps[0]).toBeGreaterThan(4);
    expect(await untimed(rest)).toEqual(whole);
  });

  it('leaves a checkpoint when it is stopped, however long the time between two of them', async () => {
    const whole = await untimed(await pool.analyse(request, () => undefined, NEVER));
    const abort = new AbortController();
    const checkpoints: number[] = [];
    const interrupted = pool.analyse(
      { ...request, checkpointEveryMs: 3_600_000 },
      ({ framesDone, checkpoint }) => {
        if (checkpoint !== undefined) checkpoints.push(checkpoint);
        if (framesDone === 3) abort.abort(new WorkerError('SHUTTING_DOWN', 'enough'));
      },
      abort.signal,
    );
    await expect(interrupted).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    expect(checkpoints).toEqual([(await stat(observationsFile(request))).size]);
    const steps: number[] = [];
    const rest = await pool.analyse(
      { ...request, resume: true },
      ({ framesDone }) => steps.push(framesDone),
      NEVER,
    );
    expect(steps[0]).toBeGreaterThan(3);
    expect(await untimed(rest)).toEqual(whole);
  });

  it.each(['1', '2'])(
    'ends threads by force in the middle of inference, %s of them, and the process goes on and leaves in order',
    async (threads) => {
      const program = join(import.meta.dirname, 'ended-by-force.ts');
      const own = await mkdtemp(join(folder, 'by-force-'));
      const child = spawn(process.execPath, [program, request.file, own, '6', threads], {
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: 80_000,
      });
      const [said, ending] = await Promise.all([text(child.stdout), once(child, 'exit')]);
      expect(said).toBe(`${'JOB_DEADLINE_EXCEEDED\n'.repeat(6)}left\n`);
      expect(ending).toEqual([0, null]);
    },
    90_000,
  );

  it('starts another thread for a video that waits for one that could not start', async () => {
    const beside = (name: string) => join(import.meta.dirname, name);
    const own = await mkdtemp(join(folder, 'again-'));
    const program = [beside('started-again.ts'), request.file, own];
    const child = spawn(process.execPath, ['--import', beside('fails-to-start.ts'), ...program], {
      env: { ...process.env, NO_THREADS_WHILE: join(own, 'full') },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 50_000,
    });
    const [said, ending] = await Promise.all([text(child.stdout), once(child, 'exit')]);
    expect(said).toBe('no room for a thread\nshort: 12 frames, long: in the middle\n');
    expect(ending).toEqual([0, null]);
  }, 60_000);

  describe('with a thread that has no video', () => {
    const slow = () => ({ ...request, frameIntervalSeconds: 0.4 });
    let two: DetectionPool;

    beforeAll(async () => {
      two = new DetectionPool({ threads: 2, engines: options });
      // The second thread starts with the first picture it is lent for.
      await two.analyse(slow(), () => undefined, NEVER);
    }, 60_000);
    afterAll(() => two.close());

    const hasIdleCores = availableParallelism() >= 2 && process.platform === 'linux';
    (hasIdleCores ? it : it.skip)(
      'has it look at pictures of a lone video, and comes to the same',
      async () => {
        const alone = await untimed(await pool.analyse(slow(), () => undefined, NEVER));
        const before = await threadTicks();
        const assisted = await untimed(await two.analyse(slow(), () => undefined, NEVER));
        const after = await threadTicks();
        expect(assisted).toEqual(alone);
        const [most = 0, second = 0] = Array.from(after, ([id, ticks]) => ticks - (before.get(id) ?? 0)).sort(
          (a, b) => b - a,
        );
        // The other threads of a process, its garbage collectors among them, take a few hundredths of what the networks take.
        expect(second).toBeGreaterThan(most / 4);
      },
    );

    it('gives it to the next video, and lends it again', async () => {
      const whole = await untimed(await two.analyse(slow(), () => undefined, NEVER));
      const own = join(folder, 'next');
      await mkdir(own);
      let next: Promise<Analysis> | undefined;
      const first = two.analyse(
        slow(),
        ({ framesDone }) => {
          if (framesDone === 20) next = two.analyse({ ...request, folder: own }, () => undefined, NEVER);
        },
        NEVER,
      );
      expect(await untimed(await first)).toEqual(whole);
      expect((await next)?.summary.total_frames).toBe(12);
    });

    it('has it back when the video is stopped', async () => {
      for (let round = 0; round < 3; round++) {
        const abort = new AbortController();
        const reason = new WorkerError('SHUTTING_DOWN', 'stop it');
        const onProgress = ({ framesDone }: { framesDone: number }) => {
          if (framesDone === 3 + round) abort.abort(reason);
        };
        await expect(two.analyse(slow(), onProgress, abort.signal)).rejects.toBe(reason);
      }
      const folders = await Promise.all(['a', 'b'].map(async (name) => mkdtemp(join(folder, name))));
      const analyses = folders.map((each) =>
        two.analyse({ ...request, folder: each }, () => undefined, NEVER),
      );
      for (const { summary } of await Promise.all(analyses)) expect(summary.total_frames).toBe(12);
    });
  });

  it('is ready with one thread, and tells why another cannot assist', async () => {
    const faceDetector = join(folder, 'soon-gone.onnx');
    await copyFile((await readModel('face-detector')).path, faceDetector);
    const engines = { ...options, models: { ...options.models, faceDetector } };
    const lost: unknown[] = [];
    const two = new DetectionPool({ threads: 2, engines, onThreadLost: (error) => lost.push(error) });
    try {
      await expect(two.ready()).resolves.toHaveLength(4);
      await rm(faceDetector);
      const { summary } = await two.analyse(
        { ...request, frameIntervalSeconds: 0.4 },
        () => undefined,
        NEVER,
      );
      expect(summary.total_frames).toBe(60);
      expect(lost).toEqual(areAssisted(1, 2) ? [expect.objectContaining({ code: 'MODEL_INVALID' })] : []);
    } finally {
      await two.close();
    }
  });

  it('calls no assistant lost that came too late for its video', async () => {
    const lost: unknown[] = [];
    const two = new DetectionPool({
      threads: 2,
      engines: options,
      onThreadLost: (error) => lost.push(error),
    });
    try {
      await two.ready();
      for (let i = 0; i < 3; i++) {
        const { summary } = await two.analyse(
          { ...request, frameIntervalSeconds: 20 },
          () => undefined,
          NEVER,
        );
        expect(summary.total_frames).toBe(2);
      }
      expect(lost).toEqual([]);
    } finally {
      await two.close();
    }
  });

  it('says which network is wrong, and where', async () => {
    const broken = { ...options, models: { ...options.models, faceDetector: '/nowhere/face.onnx' } };
    const other = new DetectionPool({ threads: 1, engines: broken });
    await expect(other.ready()).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('/nowhere/face.onnx'),
    });
    await other.close();
  });

  it('loads in the same thread what could not be loaded before', async () => {
    const faceDetector = join(folder, 'late.onnx');
    const engines = { ...options, models: { ...options.models, faceDetector } };
    const late = new DetectionPool({ threads: 1, engines });
    await expect(late.ready()).rejects.toMatchObject({ code: 'MODEL_INVALID' });
    await copyFile((await readModel('face-detector')).path, faceDetector);
    await expect(late.ready()).resolves.toHaveLength(4);
    await late.close();
  });
});
