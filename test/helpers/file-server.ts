/** A real HTTP server that hands out one file, with ranges, and can be told to misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FileServer {
  readonly url: string;
  /** The Range header of each request so far; null where there was none. */
  readonly ranges: (string | null)[];
  /** Breaks every open connection. */
  cut(): void;
  close(): Promise<void>;
}

/** How the next requests are answered, one after the other; `whole` when the list is used up. */
export type Behaviour =
  | 'whole'
  | 'silent'
  | 'ignore range'
  | 'wrong range'
  | 'not found'
  | 'moved'
  | 'endless'
  | 'ends early';

export async function serveFile(bytes: Buffer, ...behaviours: Behaviour[]): Promise<FileServer> {
  const ranges: (string | null)[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? null);
    answer(request, response, bytes, behaviours.shift() ?? 'whole');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/network.onnx`,
    ranges,
    cut: () => server.closeAllConnections(),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Buffer,
  behaviour: Behaviour,
): void {
  if (behaviour === 'not found') {
    response.writeHead(404).end();
    return;
  }
  if (behaviour === 'moved') {
    response.writeHead(302, { location: '/elsewhere.onnx' }).end();
    return;
  }
  if (behaviour === 'endless') {
    response.writeHead(200);
    response.end(Buffer.concat([bytes, bytes]));
    return;
  }
  if (behaviour === 'ends early') {
    // Without a length, and ended as if that were all.
    response.writeHead(200);
    response.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
    response.end();
    return;
  }
  const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
  const start = from === undefined || behaviour === 'ignore range' ? 0 : Number(from);
  if (start >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end();
    return;
  }
  if (behaviour === 'wrong range') {
    response.writeHead(206, { 'content-range': `bytes 0-${bytes.length - 1}/${bytes.length}` }).end(bytes);
    return;
  }
  const rest = bytes.subarray(start);
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': rest.length,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  if (behaviour === 'whole' || behaviour === 'ignore range') {
    response.end(rest);
    return;
  }
  response.write(rest.subarray(0, Math.floor(rest.length / 2)));
}
