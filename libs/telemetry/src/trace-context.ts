import { ROOT_CONTEXT, SpanStatusCode, context, isSpanContextValid, propagation, trace } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';

const tracer = () => trace.getTracer('berth');

/** W3C `traceparent` of the current span, to be stored with work that another process will do; undefined when nothing is traced. */
export function currentTraceparent(): string | undefined {
  const carrier: Record<string, string> = {};
  propagation.inject(context.active(), carrier);
  return carrier['traceparent'];
}

/** Id of the current trace, 32 hex digits; undefined when nothing is traced. */
export function currentTraceId(): string | undefined {
  const spanContext = trace.getActiveSpan()?.spanContext();
  return spanContext !== undefined && isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
}

/** Gives the span of the request that is being served the name of its route, so that all calls of one route are one line in a list. */
export function nameRequestSpan(method: string, route: string, attributes: Attributes = {}): void {
  const span = trace.getActiveSpan();
  span?.updateName(`${method} ${route}`);
  span?.setAttributes({ 'http.route': route, ...attributes });
}

/** Runs `work` in a span that continues a stored trace, or begins one. The span ends with the work and records its failure. */
export async function inSpan<T>(
  { name, traceparent, attributes = {} }: { name: string; traceparent?: string | null; attributes?: Attributes },
  work: () => Promise<T>,
): Promise<T> {
  const parent = traceparent ? propagation.extract(ROOT_CONTEXT, { traceparent }) : context.active();
  return context.with(parent, () =>
    tracer().startActiveSpan(name, { attributes }, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    }),
  );
}
