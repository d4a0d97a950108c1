/** Imported before a program: its threads fail to start while the file that NO_THREADS_WHILE names is there. */
import { existsSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (!isMainThread && existsSync(process.env.NO_THREADS_WHILE ?? '')) throw new Error('no room for a thread');
