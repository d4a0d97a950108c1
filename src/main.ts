/** The worker process: configuration in, its parts made, jobs until a signal says stop. Nothing else happens here. */
import { assembleWorker } from './assemble-worker.ts';
import { createAwsClients } from './aws/clients.ts';
import type { LeaseKeeper } from './aws/lease-keeper.ts';
import { type CallbackServices, callbackServices } from './callback-services.ts';
import { fail, parseArguments } from './command-line.ts';
import { type Config, describeSettings, printConfig, readConfig, readEnvironment } from './config.ts';
import { engineOptions } from './engine-options.ts';
import { toWorkerError } from './errors.ts';
import { type HealthServer, startHealthServer } from './http/health-server.ts';
import type { ModelDescription } from './inference/model-store.ts';
import { createLogger, type Logger } from './log.ts';
import { testDecoder } from './media/decoder-self-test.ts';
import { sweepPrivateFolders } from './media/private-folder.ts';
import { DetectionPool } from './pipeline/detection-pool.ts';
import { startTelemetry, type Telemetry } from './telemetry/telemetry.ts';
import { startTracingSdk, type TracingSdk } from './telemetry/tracing-sdk.ts';
import { WORKER_VERSION } from './version.ts';
import { sweepTempFolders } from './worker/temp-folder.ts';
import type { Worker } from './worker/worker.ts';

const HELP = `Takes detection jobs from SQS, analyses their videos and writes the results to S3, until it gets SIGTERM.

Usage: npm start [-- --help | --print-config]

Settings come from the environment, then from a .env file in the working directory:

${describeSettings()}`;

async function main(): Promise<void> {
  const args = readArgs();
  if (args.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const env = readEnvironment(process.env, process.cwd());
  const config = readConfig(env);
  if (args['print-config']) {
    process.stdout.write(`${printConfig(config)}\n`);
    return;
  }
  const logger = createLogger(config.logLevel);
  // Decoders have their folders there as well, those of the threads that are started from here on included.
  process.env.TMPDIR = config.tempDir;
  const engines = engineOptions(config, env);
  const pool = new DetectionPool({
    threads: config.maxConcurrentJobs,
    engines,
    onThreadLost: (error) =>
      logger.warn(
        { err: error },
        'a detection thread could not start or assist: videos take longer without it',
      ),
  });
  const clients = createAwsClients({ region: config.awsRegion, endpointUrl: config.awsEndpointUrl });
  const callbacks = callbackServices(config, clients, logger);
  const telemetry = startTelemetry({
    namespace: config.metricsNamespace,
    writeLine: (line) => process.stdout.write(`${line}\n`),
    runningJobs: () => worker.running,
  });
  const tracing = await startTracing(config);
  const parts = { pool, clients, callbacks, metrics: telemetry };
  const { worker, watches, leases, detect } = assembleWorker(config, parts, logger);

  let models: readonly ModelDescription[] | null = null;
  const sources = {
    readinessProblems: () =>
      models === null ? ['the models are loading, or the self-test runs'] : worker.problems,
    models: () => models,
    runningJobs: () => worker.running,
    loopDelayMs: () => telemetry.loopDelayMs(),
    metrics: () => telemetry.exposition(),
  };
  const health = await startHealthServer(config.port, sources, detect);
  logger.info({ port: health.port, version: WORKER_VERSION }, 'health endpoints listening');
  const stopping = stopOnSignals(config, { worker, callbacks, health, pool, telemetry, tracing, logger });

  for (const { removed, failed } of [await sweepTempFolders(config.tempDir), await sweepPrivateFolders()]) {
    if (removed.length > 0) logger.info({ folders: removed }, 'removed what earlier processes left behind');
    for (const { folder, error } of failed) {
      logger.warn({ err: error, folder }, 'what an earlier process left behind could not be removed');
    }
  }
  const selfTest = testDecoder(engines.media.ffmpeg, stopping);
  models = await allReady(pool, leases, selfTest).catch(async (error: unknown) => {
    // A stop before they are loaded ends the threads that load them, which is no failure.
    if (stopping.aborted) return null;
    // Threads may still be loading.
    await pool.halt();
    throw error;
  });
  if (models === null) return;
  logger.info(
    { models: models.map(({ name, sha256, loadMs }) => ({ name, sha256, loadMs })) },
    'models loaded',
  );
  for (const { name, warning } of models) {
    if (warning !== undefined) logger.warn({ model: name }, `${name} ${warning}`);
  }
  for (const watch of watches) watch.start(stopping);
  worker.start();
  callbacks.redelivery?.start();
}

/** All that the first message needs: its lease runs from its receive on. */
async function allReady(
  pool: DetectionPool,
  leases: LeaseKeeper,
  selfTest: Promise<void>,
): Promise<readonly ModelDescription[]> {
  const [models] = await Promise.all([pool.ready(), leases.ready(), selfTest]);
  return models;
}

/** A word that is not understood ends the process: a worker that was not meant to start would take jobs. */
function readArgs(): { readonly help: boolean; readonly 'print-config': boolean } {
  const flag = { type: 'boolean', default: false } as const;
  try {
    return parseArguments({ options: { help: { ...flag, short: 'h' }, 'print-config': flag } }).values;
  } catch (error) {
    fail(error);
    process.exit();
  }
}

/** Traces need their SDK before the first span is begun. */
async function startTracing({ tracesEndpoint: endpoint }: Config): Promise<TracingSdk | null> {
  if (endpoint === undefined) return null;
  return await startTracingSdk({ endpoint, serviceVersion: WORKER_VERSION });
}

interface Running {
  readonly worker: Worker;
  readonly callbacks: CallbackServices;
  readonly health: HealthServer;
  readonly pool: DetectionPool;
  readonly telemetry: Telemetry;
  readonly tracing: TracingSdk | null;
  readonly logger: Logger;
}

/** The first SIGTERM or SIGINT ends in order, the second at once. The signal it returns aborts with the first. */
function stopOnSignals(
  config: Config,
  { worker, callbacks, health, pool, telemetry, tracing, logger }: Running,
): AbortSignal {
  const stop = async (signal: NodeJS.Signals) => {
    logger.info({ signal, runningJobs: worker.running }, 'stopping');
    const graceMs = config.shutdownGraceSeconds * 1000;
    await Promise.all([worker.stop(graceMs), callbacks.redelivery?.stop(graceMs)]);
    await pool.close();
    await health.close();
    telemetry.stop();
    await tracing?.stop();
    logger.info('stopped');
    process.exit(0);
  };
  const stopping = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      void pool.halt().then(() => process.exit(1));
      return;
    }
    stopping.abort();
    stop(signal).catch((error: unknown) => {
      logger.fatal({ err: error }, 'the shutdown failed');
      process.exit(1);
    });
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  return stopping.signal;
}

main().catch((error: unknown) => {
  const { code, message } = toWorkerError(error);
  process.stderr.write(`${code}: ${message}\n`);
  process.exit(1);
});
