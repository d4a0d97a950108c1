/** Both ends of an assistant, in one thread. */
import { MessageChannel } from 'node:worker_threads';
import { Assistant, assist } from '../../src/pipeline/assistant.ts';
import type { Networks } from '../../src/pipeline/observe-frame.ts';

/** @param networks that the assistant looks with */
export function assistedBy(networks: Networks, copies: Uint8Array[] = []) {
  const [pictures, call] = [new MessageChannel(), new MessageChannel()];
  const assisting = assist(pictures.port1, call.port1, networks);
  const assistant = new Assistant(pictures.port2, copies);
  return { assistant, assisting, callAway: () => call.port2.close() };
}
