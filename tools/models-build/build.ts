/** The command line that builds the pose networks. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArguments } from '../../src/command-line.ts';
import { MODELS_DIRECTORY } from '../../src/inference/model-store.ts';
import { replaceFile } from '../../src/inference/replace-file.ts';
import {
  bundleProduct,
  detectorProduct,
  landmarksProduct,
  POSE_VARIANTS,
  type PoseVariant,
} from './pose-networks.ts';

const HELP = `Builds the pose networks from the npm package @mediapipe/pose, the same bytes every time; prints digest, size and file of each.

Usage: npm run -s models:build -- [VARIANT...] [options]

  VARIANT      ${POSE_VARIANTS.join(', ')} [lite full]
  --bundle     also builds the bundles that POSE_ENGINE=tasks-vision needs, into downloads/
  --out DIR    [the project's models]
  --help       this text`;

const isVariant = (name: string): name is PoseVariant => POSE_VARIANTS.some((variant) => variant === name);

async function main(): Promise<void> {
  const { values, positionals } = parseArguments({
    allowPositionals: true,
    options: {
      bundle: { type: 'boolean', default: false },
      out: { type: 'string', default: MODELS_DIRECTORY },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return;
  }
  const unknown = positionals.filter((name) => !isVariant(name));
  if (unknown.length > 0) {
    throw new Error(`unknown variant ${unknown.join(', ')}; expected ${POSE_VARIANTS.join(', ')}`);
  }
  const chosen = positionals.filter(isVariant);
  const variants = chosen.length > 0 ? chosen : (['lite', 'full'] as const);
  const products = [
    detectorProduct(),
    ...variants.map(landmarksProduct),
    ...(values.bundle ? variants.map(bundleProduct) : []),
  ];
  for (const product of products) {
    const bytes = await product.build();
    const path = join(values.out, product.file);
    const sha256 = digestOf(bytes);
    if ((await digestAt(path)) !== sha256) await replaceFile(path, bytes);
    process.stdout.write(`${sha256}  ${String(bytes.length).padStart(9)} bytes  ${product.file}\n`);
  }
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Null where there is nothing to read, for whatever reason. */
async function digestAt(path: string): Promise<string | null> {
  return readFile(path).then(digestOf, () => null);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
