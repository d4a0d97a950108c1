/** Imported by every program that runs networks, before it does: ONNX Runtime's library else collects usage data and sends it to its vendor. */

process.env.ORT_DISABLE_TELEMETRY = '1';
