import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Transform, pipeline } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ModelUsage } from '@berth/protocol';
import { AnswerMeter } from './answer-meter.js';
import type { BrokerLimits, BrokerLog } from './broker-options.js';
import { sessionHeaders } from './headers.js';
import type { RefusalReason } from './refusals.js';
import { refuse } from './refusals.js';

interface Exchange {
  incoming: IncomingMessage;
  response: ServerResponse;
  /** To the upstream; its head has been written, its body has not. */
  request: ClientRequest;
}

export interface CallOptions {
  limits: BrokerLimits;
  mayAct(): boolean;
  /** Set for calls whose answers cost tokens. */
  meter: ((usage: ModelUsage) => void) | undefined;
  logger: BrokerLog | undefined;
}

/** One call on its way: body up, answer down, each only as fast as the other side takes it; either side's end is the other's, too. */
export class ForwardedCall {
  /** Resolves when the session has its answer or is gone, and what was used has been metered. */
  readonly ended: Promise<void>;
  #stopped = false;
  #answered = false;
  #meter: AnswerMeter | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly options: CallOptions,
  ) {
    const { response, request } = exchange;
    this.ended = new Promise<void>((resolve) => response.once('close', resolve)).then(() => this.#end());
    response.on('error', () => undefined);
    request.on('response', (answer) => this.#answer(answer));
    request.on('error', (error: NodeJS.ErrnoException) => this.#fail(error.code));
    // An upstream that wants to switch protocols is dropped without an error.
    request.on('close', () => this.#fail('closed'));
    request.setTimeout(options.limits.silenceMs, () => this.stop('silent'));
    this.#limitConnecting();
    this.#sendBody();
  }

  /** Ends the call: with this refusal while there is no answer yet, otherwise by cutting it. */
  stop(reason: RefusalReason): void {
    if (this.#stopped) return;
    this.#stopped = true;
    const { response, request } = this.exchange;
    request.destroy();
    if (response.destroyed) return;
    refuse(response, reason);
    this.#drain();
  }

  /** Some clients read an answer only after they have sent all of their request; and a connection is used again only then. */
  #drain(): void {
    const { incoming, request } = this.exchange;
    incoming.unpipe(request);
    incoming.resume();
  }

  #fail(code = 'unknown'): void {
    // Once there is an answer its own end decides: an upstream may hang up on a request that it has answered.
    if (this.#answered) return this.#drain();
    if (this.#stopped || this.exchange.response.destroyed) return;
    // The code only: a message would hold the address.
    this.options.logger?.warn({ code }, 'a model call failed at the upstream');
    this.stop('unreachable');
  }

  #sendBody(): void {
    const { incoming, request } = this.exchange;
    incoming.on('error', () => undefined);
    if (incoming.method === 'GET') {
      // Such a body means nothing; passed on without a length it could be read as a second request.
      incoming.resume();
      request.end();
      return;
    }
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > this.options.limits.requestBytes) this.stop('too_large');
    });
    incoming.pipe(request);
  }

  #limitConnecting(): void {
    const { request } = this.exchange;
    const timer = setTimeout(() => this.#fail('connect timeout'), this.options.limits.connectMs);
    const connected = (): void => clearTimeout(timer);
    request.once('close', connected);
    request.once('socket', (socket: Socket) => {
      if (request.reusedSocket) connected();
      else socket.once(socket instanceof TLSSocket ? 'secureConnect' : 'connect', connected);
    });
  }

  #answer(answer: IncomingMessage): void {
    const { response } = this.exchange;
    const { statusCode: status = 502, headers } = answer;
    if (!this.options.mayAct()) return this.stop('run_over');
    // The key is Berth's: what the service says about it would only send the person to Claude Code's own login.
    if (status === 401) return this.stop('key_rejected');
    if (status >= 300 && status < 400 && status !== 304) return this.stop('redirected');
    if (this.#stopped || response.destroyed) return;
    try {
      response.writeHead(status, sessionHeaders(headers)).flushHeaders();
    } catch {
      return this.#fail('invalid head');
    }
    this.#answered = true;
    if (status === 200 && this.options.meter) this.#meter = new AnswerMeter(headers);
    // A break of either side destroys the other; what a client makes of half an answer is its own business.
    pipeline(answer, this.#watch(), response, () => undefined);
  }

  /** Lets bytes through as they are while the run may act, and shows them to the meter. */
  #watch(): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, pass) => {
        if (!this.options.mayAct()) return pass(new Error('the run is over'));
        pass(null, chunk);
        this.#meter?.push(chunk);
      },
    });
  }

  async #end(): Promise<void> {
    this.#stopped = true;
    this.exchange.request.destroy();
    const usage = await this.#meter?.finish();
    if (usage) this.options.meter?.(usage);
  }
}
