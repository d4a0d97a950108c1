/** Both ends of an assistant, in one thread. */
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { Assistant, assist } from '../../src/pipeline/assistant.ts';
import type { Networks } from '../../src/pipeline/observe-frame.ts';

/** @param load brings the networks that the assistant looks with */
export function assistedOnce(load: () => Promise<Networks>, copies: Uint8Array[] = []) {
  const [pictures, call] = [new MessageChannel(), new MessageChannel()];
  const assisting = assist(pictures.port1, call.port1, load);
  const assistant = new Assistant(pictures.port2, copies);
  const isHere = once(pictures.port2, 'message');
  return { assistant, assisting, isHere, callAway: () => call.port2.close() };
}

/** The same when the assistant is here. */
export async function assistedBy(networks: Networks, copies: Uint8Array[] = []) {
  const ends = assistedOnce(async () => networks, copies);
  await ends.isHere;
  return ends;
}
