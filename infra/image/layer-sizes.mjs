// Prints what each layer of an image adds to a pull: `node layer-sizes.mjs OCI_FOLDER`, after `buildah push IMAGE oci:OCI_FOLDER`.
import { readFileSync } from 'node:fs';

const [folder] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(`${folder}/${path}`, 'utf8'));
const blob = ({ digest }) => read(`blobs/${digest.replace(':', '/')}`);

const manifest = blob(read('index.json').manifests[0]);
const steps = blob(manifest.config).history.filter(({ empty_layer: isEmpty }) => !isEmpty);
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1).padStart(7)} MB`;

for (const [index, { size }] of manifest.layers.entries()) {
  const step = steps[index]?.created_by ?? '';
  const shown = step.replace(/^\/bin\/sh -c (#\(nop\) )?/, '').replace(/\s+/g, ' ');
  console.log(`${megabytes(size)}  ${shown.slice(0, 90) || 'the base image'}`);
}
console.log(`${megabytes(manifest.layers.reduce((sum, { size }) => sum + size, 0))}  in all, compressed`);
