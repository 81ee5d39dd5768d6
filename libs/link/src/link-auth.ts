import { createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

const MIN_SECRET_BYTES = 32;

/** What both sides sign: the other's nonce first, so that neither can replay. */
interface Signed {
  theirNonce: string;
  ownNonce: string;
  hostId: string;
  incarnation: number;
}

/** Proves that both ends of a link hold the installation's secret. Throws on a secret that is empty or short. */
export class LinkAuth {
  private readonly key: Buffer;

  constructor(secret: string) {
    if (Buffer.byteLength(secret) < MIN_SECRET_BYTES)
      throw new Error(`the secret of the link must have at least ${String(MIN_SECRET_BYTES)} bytes`);
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'link', 32));
  }

  nonce(): string {
    return randomBytes(32).toString('hex');
  }

  sign(side: 'gateway' | 'host', { theirNonce, ownNonce, hostId, incarnation }: Signed): string {
    return createHmac('sha256', this.key)
      .update([side, theirNonce, ownNonce, hostId, String(incarnation)].join('|'))
      .digest('hex');
  }

  /** In constant time. `signed` is as the signer saw it. */
  verify(side: 'gateway' | 'host', signed: Signed, mac: string): boolean {
    return timingSafeEqual(Buffer.from(this.sign(side, signed), 'hex'), Buffer.from(mac, 'hex'));
  }
}
