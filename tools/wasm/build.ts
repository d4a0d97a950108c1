/** Assembles the kernels anew after a change of their text: node tools/wasm/build.ts */
import { writeFile } from 'node:fs/promises';
import { assemble } from './assemble.ts';

for (const { file, bytes } of await assemble()) await writeFile(file, bytes);
