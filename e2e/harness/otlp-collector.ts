import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One finished span, as far as tests look at it. */
export interface Span {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** Path of the request that it stands for, if it does. */
  path: string;
}

interface Attribute {
  key: string;
  value: { stringValue?: string };
}

interface ExportRequest {
  resourceSpans?: {
    resource?: { attributes?: Attribute[] };
    scopeSpans?: { spans?: { traceId: string; spanId: string; parentSpanId?: string; name: string; attributes?: Attribute[] }[] }[];
  }[];
}

/** Receives traces over OTLP/HTTP with JSON bodies. */
export class OtlpCollector {
  readonly spans: Span[] = [];

  private constructor(private readonly server: Server) {
    server.on('request', (incoming, answer) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', () => {
        if (incoming.url === '/v1/traces') this.take(JSON.parse(Buffer.concat(chunks).toString()) as ExportRequest);
        answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async listen(): Promise<OtlpCollector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new OtlpCollector(server);
  }

  get address(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: ExportRequest): void {
    for (const { resource, scopeSpans } of request.resourceSpans ?? []) {
      const service = textOf(resource?.attributes, 'service.name');
      for (const span of scopeSpans?.flatMap(({ spans }) => spans ?? []) ?? []) {
        const { traceId, spanId, parentSpanId = '', name, attributes } = span;
        this.spans.push({ service, traceId, spanId, parentSpanId, name, path: textOf(attributes, 'url.path') });
      }
    }
  }
}

const textOf = (attributes: Attribute[] | undefined, wanted: string): string =>
  attributes?.find(({ key }) => key === wanted)?.value.stringValue ?? '';
