// node check.mjs MODEL.onnx FOLDER: ONNX Runtime's vectors against those `export.py --reference` wrote.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';

const [model, folder] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model);
for (const file of readdirSync(folder).filter((name) => name.endsWith('.f32'))) {
  const batch = Number(file.replace('.f32', ''));
  const data = new Float32Array(batch * 3 * 112 * 112);
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i, 2654435761) >>> 0) / 2 ** 32;
  const { embedding } = await session.run({ images: new ort.Tensor('float32', data, [batch, 3, 112, 112]) });
  const bytes = readFileSync(join(folder, file));
  const want = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (embedding.data.length !== want.length) throw new Error(`${file}: ${embedding.dims} values do not match`);
  const worst = want.reduce((most, value, i) => Math.max(most, Math.abs(value - embedding.data[i])), 0);
  console.log(`${file}: [${embedding.dims}] greatest difference ${worst.toExponential(1)}`);
  if (!(worst < 1e-4)) process.exitCode = 1;
}
