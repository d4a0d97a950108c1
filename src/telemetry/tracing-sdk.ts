/** The OpenTelemetry SDK: loaded only where an endpoint is configured, so that nobody else pays for it. */

export interface TracingSdkOptions {
  /** Base URL of an OTLP receiver over HTTP; `/v1/traces` is added. */
  readonly endpoint: string;
  readonly serviceVersion: string;
}

export interface TracingSdk {
  /** Sends what is left; waits for the receiver five seconds at most. Never rejects: traces are not worth a failed shutdown. */
  stop(): Promise<void>;
}

const EXPORT_TIMEOUT_MS = 5000;

/** Registers the SDK for the whole process. From then on spans reach the receiver, and traces cross process borders. */
export async function startTracingSdk({ endpoint, serviceVersion }: TracingSdkOptions): Promise<TracingSdk> {
  const [api, core, hooks, resources, sdk, otlp] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/core'),
    import('@opentelemetry/context-async-hooks'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
  ]);
  const exporter = new otlp.OTLPTraceExporter({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    timeoutMillis: EXPORT_TIMEOUT_MS,
  });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': 'clipping-worker',
      'service.version': serviceVersion,
    }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  api.trace.setGlobalTracerProvider(provider);
  api.context.setGlobalContextManager(new hooks.AsyncLocalStorageContextManager().enable());
  api.propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  return {
    async stop() {
      await provider.forceFlush({ timeoutMillis: EXPORT_TIMEOUT_MS }).catch(() => {});
      await provider.shutdown().catch(() => {});
    },
  };
}
