import { BlockList, isIP } from 'node:net';
import { AppError } from '@berth/protocol';

function networks(list: readonly (readonly [address: string, prefix: number])[]): BlockList {
  const made = new BlockList();
  for (const [address, prefix] of list) made.addSubnet(address, prefix, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return made;
}

/** Loopback (RFC 1122, 4291), private (RFC 1918, 4193) and shared (RFC 6598, overlay networks) addresses. */
const NEAR = networks([
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['::1', 128],
  ['fc00::', 7],
]);

/** Where no model is: "this" network, link-local with the clouds' metadata, their metadata in the ranges above, multicast and reserved. */
const NEVER = networks([
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.100.100.200', 32],
  ['224.0.0.0', 3],
  ['::', 128],
  ['fd00:ec2::', 32],
  ['fe80::', 10],
  ['ff00::', 8],
]);

const METADATA_NAMES = ['metadata', 'metadata.google.internal', 'instance-data', 'instance-data.ec2.internal'];
/** Names that no public server answers to: one label (a container), RFC 6762, 8375, and the one reserved for private use. */
const NEAR_NAME = /^[^.]+$|\.(?:localhost|local|lan|internal|home\.arpa)$/;

/** IPv6 that carries IPv4 is judged as what it carries; `URL` has made it hexadecimal. */
const MAPPED = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/;

function addressOf(host: string): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const [, high, low] = MAPPED.exec(bare) ?? [];
  if (high === undefined || low === undefined) return bare;
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}

const holds = (list: BlockList, address: string): boolean => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** What is wrong with the address of a model service; undefined: nothing. */
export function baseUrlProblem(baseUrl: string): string | undefined {
  const { protocol, hostname } = new URL(baseUrl);
  // A trailing dot names the same host.
  const host = addressOf(hostname.replace(/\.$/, ''));
  const near = isIP(host) === 0 ? NEAR_NAME.test(host) : holds(NEAR, host);
  if (isIP(host) === 0 ? METADATA_NAMES.includes(host) : holds(NEVER, host))
    return 'must not be a link-local, metadata, multicast or unspecified address';
  if (protocol === 'http:' && !near) return 'must use https, unless the host is on this machine or in a private network';
  return undefined;
}

/** Refuses addresses at which no model service can be meant, and a token in the clear over the internet. */
export function requireUsableBaseUrl(baseUrl: string): void {
  const message = baseUrlProblem(baseUrl);
  if (message !== undefined) {
    throw new AppError('invalid_request', {
      detail: 'See issues for the fields that cannot be accepted.',
      issues: [{ path: 'baseUrl', message }],
    });
  }
}
