/** Builds the pose networks: `npm run models:build -- [lite] [full] [heavy] [--bundle] [--out DIR]`. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { MODELS_DIRECTORY } from '../../src/inference/model-store.ts';
import {
  bundleProduct,
  detectorProduct,
  landmarksProduct,
  POSE_VARIANTS,
  type PoseVariant,
} from './pose-networks.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    bundle: { type: 'boolean', default: false },
    out: { type: 'string', default: MODELS_DIRECTORY },
  },
});

const isVariant = (name: string): name is PoseVariant => POSE_VARIANTS.some((variant) => variant === name);
const unknown = positionals.filter((name) => !isVariant(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown variant ${unknown.join(', ')}; expected ${POSE_VARIANTS.join(', ')}\n`);
  process.exit(2);
}
const chosen = positionals.filter(isVariant);
const variants = chosen.length > 0 ? chosen : (['lite', 'full'] as const);

for (const product of [
  detectorProduct(),
  ...variants.map(landmarksProduct),
  ...(values.bundle ? variants.map(bundleProduct) : []),
]) {
  const bytes = await product.build();
  const path = join(values.out, product.file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  process.stdout.write(`${sha256}  ${String(bytes.length).padStart(9)} bytes  ${product.file}\n`);
}
