/** Reads a request's body into memory, up to a limit. */
import type { IncomingMessage } from 'node:http';

/** Null when the body is longer than `maxBytes`; what is left of it is then not read. */
export async function readBody(request: IncomingMessage, maxBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
