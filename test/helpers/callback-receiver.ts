/** A receiver of callbacks on loopback: records every request and answers as it is told. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { DetectionEvent } from '../../src/contract/callback.ts';

export interface ReceivedCallback {
  readonly headers: IncomingHttpHeaders;
  /** The body as it arrived: what signatures are made over. */
  readonly rawBody: string;
  readonly event: DetectionEvent;
}

export interface CallbackReceiver {
  readonly url: string;
  readonly received: readonly ReceivedCallback[];
  close(): Promise<void>;
}

/** @param answer ends the response; 204 by default. `count` is 1 for the first request. */
export async function startCallbackReceiver(
  answer: (response: ServerResponse, count: number) => void = (response) => response.writeHead(204).end(),
): Promise<CallbackReceiver> {
  const received: ReceivedCallback[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({ headers: request.headers, rawBody: body, event: JSON.parse(body) as DetectionEvent });
    answer(response, received.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=secret`,
    received,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
