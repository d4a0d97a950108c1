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

module.exports = class NodeEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    for (const name of SHARED_WITH_NATIVE_ADDONS) this.global[name] = globalThis[name];
  }
};
