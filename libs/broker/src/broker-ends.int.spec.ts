import { once } from 'node:events';
import { waitFor } from '@berth/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { BrokerLab, anthropic } from './testing/broker-lab.js';
import { ask, call, readAll } from './testing/call.js';
import { DELTA, SSE, START, USED, begun, silent } from './testing/upstreams.js';

const lab = new BrokerLab();
afterEach(() => lab.close());

describe('how a call ends', () => {
  it('destroys the upstream when the session goes away, and meters what was counted', async () => {
    const { response, upstream, metered } = await begun(lab);
    await once(response, 'data');
    response.destroy();
    await waitFor(() => upstream.destroyed);
    await waitFor(() => metered.length > 0);
    expect(metered).toEqual([{ ...USED, outputTokens: 1 }]);
  });

  it('destroys the upstream of a session that goes away before there is an answer', async () => {
    const { url, reached } = await silent(lab);
    const { broker, metered } = await lab.broker(anthropic(url));
    const abort = new AbortController();
    const answer = call(broker, { ...ask('x'), signal: abort.signal });
    const upstream = await reached;
    abort.abort();
    await expect(answer).rejects.toThrow('aborted');
    await waitFor(() => upstream.destroyed);
    await broker.close();
    expect(metered).toEqual([]);
  });

  it('cuts the session when the upstream breaks off', async () => {
    const { response, upstream, metered } = await begun(lab);
    const read = readAll(response);
    upstream.write(DELTA, () => upstream.destroy());
    expect(await read).toEqual({ text: START + DELTA, complete: false });
    await waitFor(() => metered.length > 0);
    expect(metered).toEqual([USED]);
  });

  it('T49: cuts a stream once the run is fenced, whether bytes come or not', async () => {
    for (const talks of [true, false]) {
      const { response, upstream, metered, fence, broker } = await begun(lab);
      const read = readAll(response);
      await waitFor(() => response.readableFlowing);
      fence();
      if (talks) upstream.write(DELTA);
      expect(await read).toEqual({ text: START, complete: false });
      await waitFor(() => upstream.destroyed);
      await broker.close();
      expect(metered).toEqual([{ ...USED, outputTokens: 1 }]);
    }
  });

  it('T49: answers 401 to a call that waited for the upstream while the run was fenced, whether that answers or not', async () => {
    for (const answers of [true, false]) {
      const { url, reached } = await silent(lab);
      const { broker, fence, metered } = await lab.broker(anthropic(url));
      const answer = call(broker, ask('x'));
      const upstream = await reached;
      fence();
      if (answers) upstream.writeHead(200, SSE).end(START + DELTA);
      expect(await answer).toMatchObject({ status: 401, headers: { 'x-should-retry': 'false' } });
      await waitFor(() => upstream.destroyed);
      await broker.close();
      expect(metered).toEqual([]);
    }
  });

  it('T49: lets no call out that was asking for its upstream while the run was fenced', async () => {
    const model = await lab.model();
    let acts = true;
    const upstream = async () => {
      acts = false;
      return anthropic(model.url);
    };
    const { broker } = await lab.broker({ kind: 'none' }, { upstream, mayAct: () => acts });
    expect((await call(broker, ask('x'))).status).toBe(401);
    expect(model.requests).toEqual([]);
  });

  it('has metered every call when it is closed, also those that were under way', async () => {
    const { broker, response, metered } = await begun(lab);
    await once(response, 'data');
    await broker.close();
    expect(metered).toEqual([{ ...USED, outputTokens: 1 }]);
  });

  it('outlives a meter that throws', async () => {
    const url = await lab.upstream((_incoming, response) => void response.writeHead(200, SSE).end(START + DELTA));
    const meter = (): void => {
      throw new Error('full');
    };
    const { broker, logged } = await lab.broker(anthropic(url), { meter });
    for (let round = 0; round < 2; round++) expect((await call(broker, ask('x'))).complete).toBe(true);
    await waitFor(() => logged.length === 2);
  });
});
