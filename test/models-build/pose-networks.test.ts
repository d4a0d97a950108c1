import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { readManifest } from '../../src/inference/model-manifest.ts';
import { MODELS_DIRECTORY } from '../../src/inference/model-store.ts';
import {
  bundleProduct,
  detectorProduct,
  landmarksProduct,
  type Product,
} from '../../tools/models-build/pose-networks.ts';

/** What the manifest says of a file, and what a fresh build gives. */
async function compare(product: Product) {
  const { models } = await readManifest(MODELS_DIRECTORY);
  const entry = models.find(({ file }) => file === product.file);
  const bytes = await product.build();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return {
    found: { sha256, bytes: bytes.length },
    expected: { sha256: entry?.sha256, bytes: entry?.bytes },
  };
}

describe('the pose networks', () => {
  it.each([detectorProduct(), landmarksProduct('lite'), landmarksProduct('full'), landmarksProduct('heavy')])(
    'are built byte for byte as the manifest has them: $file',
    async (product) => {
      const { found, expected } = await compare(product);
      expect(found).toEqual(expected);
    },
  );

  it.each([bundleProduct('full'), bundleProduct('heavy')])(
    'are bundled byte for byte as the manifest has them: $file',
    async (product) => {
      const { found, expected } = await compare(product);
      expect(found).toEqual(expected);
    },
  );

  it('are bundled byte for byte as Google publishes them', async () => {
    const { found, expected } = await compare(bundleProduct('lite'));
    expect(found).toEqual(expected);
    expect(found.sha256).toBe('59929e1d1ee95287735ddd833b19cf4ac46d29bc7afddbbf6753c459690d574a');
  });
});
