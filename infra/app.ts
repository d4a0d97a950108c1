/** Entry point of `cdk` and of `npm run infra:synth`: writes the templates and fails when a rule is broken. */
import { buildApp } from './build-app.ts';

const { app } = buildApp({
  // The cdk command says where it wants the templates.
  outdir: process.env.CDK_OUTDIR ?? 'out/cdk',
});
app.synth();
