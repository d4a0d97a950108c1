/** The CDK app: the registry and the service, checked by the AwsSolutions rules as part of every synthesis. */
import { App, type AppProps, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { PARAMETER_NAMES, readParameters } from './parameters.ts';
import { RegistryStack } from './stack/registry-stack.ts';
import { WorkerStack } from './stack/worker-stack.ts';

export interface ClippingWorkerApp {
  readonly app: App;
  readonly registry: RegistryStack;
  readonly worker: WorkerStack;
}

const MODERN_DEFAULTS = {
  // Access logs are allowed by policy; ACLs are switched off in new buckets.
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
};

/** Parameters come from the app's context: `context` here, cdk.json, or -c on the command line, the last first. */
export function buildApp(props: AppProps): ClippingWorkerApp {
  const app = new App({
    analyticsReporting: false,
    // Behaviour that newer apps of CDK begin with.
    postCliContext: MODERN_DEFAULTS,
    ...props,
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const given = PARAMETER_NAMES.map((name) => [name, app.node.tryGetContext(name) as unknown]);
  const parameters = readParameters(Object.fromEntries(given.filter(([, value]) => value !== undefined)));
  // Without an account and a region the templates fit any: synthesis needs no network.
  const registry = new RegistryStack(app, 'ClippingWorkerRegistry', {
    description: 'Images of the clipping worker',
  });
  const worker = new WorkerStack(app, 'ClippingWorker', {
    description: 'Clipping worker: queues, bucket, service and its scaling',
    parameters,
    repository: registry.repository,
  });
  return { app, registry, worker };
}
