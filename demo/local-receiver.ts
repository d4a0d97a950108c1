/** A webhook receiver on loopback that keeps what it is sent. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { DetectionEvent } from '../src/contract/callback.ts';
import { detectionEventSchema } from '../src/contract/callback.ts';

export interface LocalReceiver {
  readonly url: string;
  /** Resolves when the event of that job has arrived. */
  eventOf(jobId: string): Promise<DetectionEvent>;
  stop(): Promise<void>;
}

export async function startLocalReceiver(): Promise<LocalReceiver> {
  const events = new Map<string, PromiseWithResolvers<DetectionEvent>>();
  const slot = (jobId: string) => {
    const existing = events.get(jobId) ?? Promise.withResolvers<DetectionEvent>();
    events.set(jobId, existing);
    return existing;
  };
  const server = createServer(async (request, response) => {
    const parsed = detectionEventSchema.safeParse(await json(request).catch(() => null));
    response.statusCode = parsed.success ? 204 : 400;
    response.end();
    if (parsed.success) slot(parsed.data.data.job_id).resolve(parsed.data);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/detections`,
    eventOf: (jobId) => slot(jobId).promise,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
