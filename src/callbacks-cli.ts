/** The operator's command for callbacks: sends those of finished jobs again. */
import { createAwsClients } from './aws/clients.ts';
import { S3Store } from './aws/s3-store.ts';
import { callbackOrigin } from './callback/callback-origin.ts';
import { resendCallback } from './callback/resend.ts';
import { callbackServices } from './callback-services.ts';
import { fail, parseArguments, runProgram, usage } from './command-line.ts';
import { readConfig, readEnvironment } from './config.ts';
import { WorkerError } from './errors.ts';
import { createLogger } from './log.ts';
import type { Notified } from './worker/ports.ts';
import { ResultStore } from './worker/result-store.ts';

const HELP = `Sends the callbacks of finished jobs again, from their stored results and with their old webhook-id.

Usage: npm run -s callbacks -- resend JOB_ID... [--url URL]

  --url URL   send to URL instead of the job's own callback URL
  --help      this text

Settings are the worker's: see npm start -- --help. Exit code 0, or 2 with one line on stderr, JOB_ID: CODE: what is wrong, for each job that failed.
A delivery that went to the dead-letter queue may also be moved back to the callback queue: see infra/README.md.`;

/** For one job: more than ten quick tries of a minute take, which the settings allow at most. */
const JOB_LIMIT_MINUTES = 15;

/** Before the receiver's origin. */
const WHAT_HAPPENED = {
  taken: 'sent to',
  unwanted: 'not wanted any more (HTTP 410) by',
  queued: 'left to the callback queue for',
} as const satisfies Record<Notified, string>;

interface Arguments {
  readonly jobIds: readonly string[];
  readonly url: string | null;
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args === 'help') {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const config = readConfig(readEnvironment(process.env, process.cwd()));
  const clients = createAwsClients({ region: config.awsRegion, endpointUrl: config.awsEndpointUrl });
  const { courier } = callbackServices(config, clients, createLogger('silent'));
  const results = new ResultStore({
    store: new S3Store(clients.s3),
    bucket: config.resultBucket ?? config.bucket,
    prefix: config.resultPrefix,
  });
  for (const jobId of args.jobIds) {
    try {
      const services = { results, notifier: courier };
      const { url, eventId, notified } = await resendCallback(services, jobId, args.url, timeLimit());
      process.stdout.write(`${jobId}: ${eventId} ${WHAT_HAPPENED[notified]} ${callbackOrigin(url)}\n`);
    } catch (error) {
      fail(error, jobId);
    }
  }
}

/** Aborts when a job has had its time; those after it have theirs. */
function timeLimit(): AbortSignal {
  const limit = new AbortController();
  const message = `the callback was not sent within ${JOB_LIMIT_MINUTES} minutes`;
  const end = () => limit.abort(new WorkerError('CALLBACK_FAILED', message));
  setTimeout(end, JOB_LIMIT_MINUTES * 60_000).unref();
  return limit.signal;
}

function readArguments(): Arguments | 'help' {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: { url: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) return 'help';
  const [command, ...jobIds] = positionals;
  if (command !== 'resend' || jobIds.length === 0) throw usage('say resend and one job id or more');
  return { jobIds, url: values.url ?? null };
}

await runProgram(main);
