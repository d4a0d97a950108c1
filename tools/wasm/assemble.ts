/** Makes WebAssembly of its text form, for which machines that run the worker need no assembler. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import loadAssembler from 'wabt';

const PROGRAM = fileURLToPath(new URL('../../src/tracking/matrix-vector.wat', import.meta.url));

/** The file that src/tracking/matrix-vector.wat belongs in once it is assembled, and its bytes. */
export async function assemble(): Promise<{ readonly file: string; readonly bytes: Uint8Array }> {
  const assembler = await loadAssembler();
  const module = assembler.parseWat(PROGRAM, await readFile(PROGRAM, 'utf8'), { simd: true });
  module.validate();
  return { file: PROGRAM.replace(/\.wat$/, '.wasm'), bytes: module.toBinary({}).buffer };
}
