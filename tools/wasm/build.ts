/** Assembles src/tracking/matrix-vector.wat anew after a change: node tools/wasm/build.ts */
import { writeFile } from 'node:fs/promises';
import { assemble } from './assemble.ts';

const { file, bytes } = await assemble();
await writeFile(file, bytes);
