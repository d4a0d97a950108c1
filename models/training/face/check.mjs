// node check.mjs MODEL.onnx FOLDER: ONNX Runtime's outputs against those `export.py --reference` wrote.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';

const [model, folder] = process.argv.slice(2);
const session = await ort.InferenceSession.create(model);
for (const file of readdirSync(folder).filter((name) => name.endsWith('.f32'))) {
  const [batch, height, width] = file.replace('.f32', '').split('x').map(Number);
  const data = new Float32Array(batch * 3 * height * width);
  for (let i = 0; i < data.length; i++) data[i] = (Math.imul(i, 2654435761) >>> 0) / 2 ** 32;
  const { output0 } = await session.run({ images: new ort.Tensor('float32', data, [batch, 3, height, width]) });
  const bytes = readFileSync(join(folder, file));
  const want = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (output0.data.length !== want.length) throw new Error(`${file}: ${output0.dims} values do not match`);
  let worst = 0;
  let worstConf = 0;
  const cells = output0.dims[2];
  for (let i = 0; i < want.length; i++) {
    const error = Math.abs(output0.data[i] - want[i]);
    worst = Math.max(worst, error);
    if (Math.floor(i / cells) % 20 === 4) worstConf = Math.max(worstConf, error);
  }
  console.log(`${file}: [${output0.dims}] greatest difference ${worst.toExponential(1)}, of a confidence ${worstConf.toExponential(1)}`);
  if (!(worst < 2e-2)) process.exitCode = 1;
}
