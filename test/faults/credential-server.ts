/** Hands out credentials as ECS does to a task, until it is told not to (AWS_CONTAINER_CREDENTIALS_FULL_URI). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface CredentialServer {
  /** What makes a process ask this server, and nobody else, for its credentials. */
  readonly env: Record<string, string>;
  /** The key handed out; null answers with an error. */
  accessKeyId: string | null;
  stop(): Promise<void>;
}

/** Short enough for every request of the SDK to ask again. */
const LIFETIME_MS = 60_000;

export async function startCredentialServer(accessKeyId: string): Promise<CredentialServer> {
  const http = createServer((_request, response) => {
    if (server.accessKeyId === null) {
      response.writeHead(500).end('{}');
      return;
    }
    const Expiration = new Date(Date.now() + LIFETIME_MS).toISOString();
    const credentials = {
      AccessKeyId: server.accessKeyId,
      SecretAccessKey: 'secret',
      Token: 'token',
      Expiration,
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(credentials));
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const server: CredentialServer = {
    accessKeyId,
    env: {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${(http.address() as AddressInfo).port}/`,
    },
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
  return server;
}
