/** Makes WebAssembly of its text form, for which machines that run the worker need no assembler. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import loadAssembler from 'wabt';

const KERNELS = join(import.meta.dirname, '../../src/kernels');

/** A file that belongs beside its text, and its bytes. */
interface Assembled {
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** What the .wat files of src/kernels assemble to. */
export async function assemble(): Promise<Assembled[]> {
  const assembler = await loadAssembler();
  const texts = (await readdir(KERNELS)).filter((name) => name.endsWith('.wat'));
  return await Promise.all(
    texts.map(async (name) => {
      const module = assembler.parseWat(name, await readFile(join(KERNELS, name), 'utf8'), { simd: true });
      module.validate();
      const file = join(KERNELS, name.replace(/\.wat$/, '.wasm'));
      return { file, bytes: module.toBinary({}).buffer };
    }),
  );
}
