import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCluster } from './harness/cluster.js';
import type { Cluster } from './harness/cluster.js';
import { eventually } from './harness/eventually.js';
import { OtlpCollector } from './harness/otlp-collector.js';

let cluster: Cluster;
let collector: OtlpCollector;
beforeAll(async () => {
  collector = await OtlpCollector.listen();
  cluster = await startCluster({
    gateways: 1,
    env: {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.address,
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
  });
});
afterAll(async () => {
  await cluster.close();
  await collector.close();
});

test('one trace spans the request at the gateway and the run at the worker', async () => {
  const api = await cluster.signIn();
  const { id } = await api.createSession(['true']);
  await api.sessionWhen(id, 'closed', ({ status }) => status === 'closed');

  const request = await eventually(
    () =>
      collector.spans.find(({ service, name, path }) => service === 'berth-gateway' && name.startsWith('POST') && path === '/v1/sessions'),
    {
      within: 20_000,
      what: 'the span of the request',
    },
  );
  const run = await eventually(
    () => collector.spans.find(({ service, traceId }) => service.includes('worker') && traceId === request.traceId),
    {
      within: 20_000,
      what: 'a span of the worker in the same trace',
    },
  );
  const spans = collector.spans.filter(({ traceId }) => traceId === request.traceId);
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.has(run.parentSpanId), 'the run hangs below the request').toBe(true);
});
