// Jest's Node environment with the host's typed arrays: onnxruntime-node and sharp check `instanceof Float32Array`
// against the realm they were loaded in, and jest's sandbox has another one.
const { TestEnvironment } = require('jest-environment-node');

const SHARED_WITH_NATIVE_ADDONS = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'DataView',
  'Float32Array',
  'Float64Array',
  'Int8Array',
  'Int16Array',
  'Int32Array',
  'BigInt64Array',
  'BigUint64Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Uint16Array',
  'Uint32Array',
];

// Tests see a copy of the environment, their threads the real one.
// ONNX Runtime's library else collects usage data and sends it to its vendor.
process.env.ORT_DISABLE_TELEMETRY = '1';
// The emulator takes any credentials, but the SDK wants some.
process.env.AWS_ACCESS_KEY_ID ??= 'test';
process.env.AWS_SECRET_ACCESS_KEY ??= 'test';

module.exports = class NodeEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED_WITH_NATIVE_ADDONS) this.global[name] = globalThis[name];
  }
};
