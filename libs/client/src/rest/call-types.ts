import type { RouteName, routes } from '@berth/protocol';

type Routes = typeof routes;

/** What a schema takes in, and what it gives out. */
type InputOf<S> = S extends { _zod: { input: infer I } } ? I : never;
type OutputOf<S> = S extends { _zod: { output: infer O } } ? O : never;

type Part<N extends RouteName, K extends 'params' | 'query' | 'body'> = Routes[N] extends { [P in K]: infer S }
  ? // A part whose fields are all optional may be left out.
    object extends InputOf<S>
    ? { [P in K]?: InputOf<S> }
    : { [P in K]: InputOf<S> }
  : unknown;

/** What a call sends: `params` of its path, `query`, `body`; only those that the route has. */
export type CallInput<N extends RouteName> = Part<N, 'params'> & Part<N, 'query'> & Part<N, 'body'>;

/** A part of a session's output, as `[from, to)`. */
export interface OutputRange {
  from: number;
  to: number;
  bytes: Uint8Array<ArrayBuffer>;
}

/** What a call answers. */
export type CallOutput<N extends RouteName> = Routes[N] extends { response: infer R }
  ? R extends 'bytes'
    ? OutputRange
    : OutputOf<R>
  : void;

/** Arguments of a call: none where nothing has to be sent. */
export type CallArguments<N extends RouteName> = object extends CallInput<N> ? [input?: CallInput<N>] : [input: CallInput<N>];
