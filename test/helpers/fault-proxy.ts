/** Stands between the SDK and the emulator, passes everything on, and breaks what it is told to break. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request, as the rules see it. */
export interface SeenRequest {
  /** SQS's operation (`ReceiveMessage`) or the HTTP method of an S3 request. */
  readonly operation: string;
  /** Without the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

/** What goes wrong: an error answer, no answer, an answer that is lost on its way, or a body that stalls, breaks off or ends early after some bytes. */
export type Fault =
  | {
      readonly status: number;
      readonly code: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  | { readonly hang: true }
  | { readonly loseAnswer: true }
  | { readonly stallAfterBytes: number }
  | { readonly dropAfterBytes: number };

export interface FaultProxy {
  readonly endpoint: string;
  /** Every request so far. */
  readonly seen: readonly SeenRequest[];
  /** The rule in force; null for requests that pass. */
  rule: (request: SeenRequest) => Fault | null;
  stop(): Promise<void>;
}

export async function startFaultProxy(targetEndpoint: string): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    const seenRequest = describe(incoming);
    seen.push(seenRequest);
    const fault = proxy.rule(seenRequest);
    if (fault !== null && 'hang' in fault) return;
    if (fault !== null && 'status' in fault) return answer(outgoing, incoming, fault);
    passOn(incoming, outgoing, targetEndpoint, fault);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: FaultProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    rule: () => null,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function describe({ method = '', url = '/', headers }: IncomingMessage): SeenRequest {
  const target = headers['x-amz-target'];
  const operation = typeof target === 'string' ? target.replace('AmazonSQS.', '') : method;
  return { operation, path: url.split('?', 1)[0] ?? '/', headers };
}

function answer(
  outgoing: ServerResponse,
  incoming: IncomingMessage,
  { status, code, headers = {} }: Extract<Fault, { code: string }>,
): void {
  incoming.resume();
  if (incoming.headers['x-amz-target'] !== undefined) {
    outgoing.writeHead(status, { ...headers, 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify({ __type: `com.amazonaws.sqs#${code}`, message: 'a planned fault' }));
  } else {
    outgoing.writeHead(status, { ...headers, 'content-type': 'application/xml' });
    outgoing.end(`<Error><Code>${code}</Code><Message>a planned fault</Message></Error>`);
  }
}

function passOn(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  targetEndpoint: string,
  fault: { loseAnswer: true } | { stallAfterBytes: number } | { dropAfterBytes: number } | null,
): void {
  const { method, headers, url = '/' } = incoming;
  const forward = request(new URL(url, targetEndpoint), { method, headers, agent: false }, (reply) => {
    if (fault !== null && 'loseAnswer' in fault) {
      outgoing.destroy();
      return;
    }
    outgoing.writeHead(reply.statusCode ?? 500, reply.headers).flushHeaders();
    if (fault === null) {
      reply.pipe(outgoing);
      return;
    }
    let left = 'stallAfterBytes' in fault ? fault.stallAfterBytes : fault.dropAfterBytes;
    reply.on('data', (chunk: Buffer) => {
      if (left > 0) outgoing.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0 && 'dropAfterBytes' in fault) setImmediate(() => outgoing.destroy());
    });
  });
  forward.on('error', () => outgoing.destroy());
  outgoing.on('close', () => forward.destroy());
  incoming.pipe(forward);
}
