/** Traces through the OpenTelemetry API, which does nothing at all until an SDK is registered (see tracing-sdk.ts). */
import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';

/** Text fields that carry a trace from one process to the next: message attributes, HTTP headers. */
export type TraceCarrier = Readonly<Record<string, string>>;

/** Names under which a carrier keeps the trace (https://www.w3.org/TR/trace-context/). */
export const TRACE_FIELDS = ['traceparent', 'tracestate'] as const;

export type TraceField = (typeof TRACE_FIELDS)[number];

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

const TRACER = 'clipping-worker';

/**
 * Runs the handling of a message as a span of the trace that its sender began.
 * Attribute names follow OpenTelemetry's conventions for messaging.
 */
export async function traceMessage<T>(
  name: string,
  carrier: TraceCarrier,
  attributes: SpanAttributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const sender = propagation.extract(context.active(), carrier);
  const options = { kind: SpanKind.CONSUMER, attributes: { 'messaging.system': 'aws_sqs', ...attributes } };
  return await trace
    .getTracer(TRACER)
    .startActiveSpan(name, options, sender, (span) => endedWith(span, work));
}

/** Runs a step as a span of its own inside the one that is active. */
export async function traceStep<T>(name: string, work: () => Promise<T>): Promise<T> {
  return await trace.getTracer(TRACER).startActiveSpan(name, (span) => endedWith(span, work));
}

/** The active trace as fields to send along; empty without one. */
export function traceFields(): Record<string, string> {
  const fields: Record<string, string> = {};
  propagation.inject(context.active(), fields);
  return fields;
}

async function endedWith<T>(span: Span, work: (span: Span) => Promise<T>): Promise<T> {
  try {
    return await work(span);
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
