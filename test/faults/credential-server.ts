/** Hands out credentials as ECS does to a task, until it is told not to (AWS_CONTAINER_CREDENTIALS_FULL_URI). */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CredentialServer {
  /** What makes a process ask this server, and nobody else, for its credentials. */
  readonly env: Record<string, string>;
  /** The key handed out; null answers with an error. */
  accessKeyId: string | null;
  /** How many of the next requests get no answer until the server stops. */
  unanswered: number;
  /** Requests so far. */
  asked: number;
  stop(): Promise<void>;
}

/** Short enough for every request of the SDK to ask again. */
const SHORT_LIFE_MS = 60_000;

export async function startCredentialServer(
  accessKeyId: string,
  lifetimeMs = SHORT_LIFE_MS,
): Promise<CredentialServer> {
  const waiting: ServerResponse[] = [];
  const http = createServer((_request, response) => {
    server.asked += 1;
    if (server.unanswered > 0) {
      server.unanswered -= 1;
      waiting.push(response);
      return;
    }
    answer(response);
  });
  const answer = (response: ServerResponse) => {
    if (server.accessKeyId === null) {
      response.writeHead(500).end('{}');
      return;
    }
    const Expiration = new Date(Date.now() + lifetimeMs).toISOString();
    const credentials = {
      AccessKeyId: server.accessKeyId,
      SecretAccessKey: 'secret',
      Token: 'token',
      Expiration,
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(credentials));
  };
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: CredentialServer = {
    accessKeyId,
    unanswered: 0,
    asked: 0,
    env: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    },
    async stop() {
      // A question that is broken off is asked again, when the test is over.
      for (const response of waiting) answer(response);
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
