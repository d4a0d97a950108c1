/** SQS and S3 in one process, for the demo and the tests: fauxqs, plus what it leaves out and the worker relies on. */
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildApp } from 'fauxqs';

export interface Emulator {
  readonly endpoint: string;
  queueUrl(name: string): string;
  stop(): Promise<void>;
}

type App = ReturnType<typeof buildApp>;

const ACCOUNT = '000000000000';

/** How often a long poll looks for a message. */
const LOOK_EVERY_MS = 25;

/** @param port 0 takes a free one; it listens on loopback only */
export async function startEmulator(port = 0): Promise<Emulator> {
  const app = buildApp({ logger: false });
  checkConditionalPuts(app);
  endLongPollsWithTheirClients(app);
  await app.listen({ port, host: '127.0.0.1' });
  const endpoint = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return { endpoint, queueUrl: (name) => `${endpoint}/${ACCOUNT}/${name}`, stop: () => app.close() };
}

/**
 * As S3 does (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html): 412 when the condition does not
 * hold, 404 for If-Match on nothing, 409 when two conditional puts of one key meet.
 */
function checkConditionalPuts(app: App): void {
  const underWay = new Set<string>();

  app.addHook('preHandler', async (request, reply) => {
    const { 'if-none-match': ifNoneMatch, 'if-match': ifMatch } = request.headers;
    if (request.method !== 'PUT' || (ifNoneMatch === undefined && ifMatch === undefined)) return;
    const path = request.url.split('?', 1)[0] ?? '/';
    if (underWay.has(path))
      return reply.status(409).type('application/xml').send(error('ConditionalRequestConflict'));
    underWay.add(path);
    reply.raw.once('close', () => underWay.delete(path));

    const stored = await app.inject({ method: 'HEAD', url: path, headers: { host: 'localhost' } });
    const exists = stored.statusCode === 200;
    if (ifMatch !== undefined && !exists)
      return reply.status(404).type('application/xml').send(error('NoSuchKey'));
    if (exists && (ifNoneMatch === '*' || (ifMatch !== undefined && ifMatch !== stored.headers.etag))) {
      return reply.status(412).type('application/xml').send(error('PreconditionFailed'));
    }
  });
}

/** fauxqs lets a long poll outlive its client and take a message for nobody; here it ends when the connection does. */
function endLongPollsWithTheirClients(app: App): void {
  app.addHook('preHandler', async (request, reply) => {
    const body = request.body as { WaitTimeSeconds?: number } | undefined;
    if (request.headers['x-amz-target'] !== 'AmazonSQS.ReceiveMessage' || !body?.WaitTimeSeconds) return;
    const endMs = performance.now() + body.WaitTimeSeconds * 1000;
    const look = { ...body, WaitTimeSeconds: 0 };
    // The length is the new body's own.
    const { 'content-length': _length, ...headers } = request.headers;
    while (!request.socket.destroyed) {
      const answer = await app.inject({ method: 'POST', url: '/', headers, payload: look });
      const isEmpty = answer.statusCode === 200 && answer.payload === '{}';
      if (!isEmpty || performance.now() >= endMs) {
        return reply.status(answer.statusCode).type('application/x-amz-json-1.0').send(answer.payload);
      }
      await sleep(LOOK_EVERY_MS);
    }
    return reply.hijack();
  });
}

function error(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>the put was refused</Message></Error>`;
}
