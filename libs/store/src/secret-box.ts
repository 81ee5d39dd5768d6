import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { AppError, type TenantId } from '@berth/protocol';

/** First byte of what is sealed, so that another way of sealing can follow without a guess. */
const VERSION = 1;
const CIPHER = 'aes-256-gcm';
const KEY_BYTES = 32;
/** NIST SP 800-38D: 96 random bits, good for 2^32 messages under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/** Where a secret belongs: it opens nowhere else, so whoever can write rows still cannot send it to another tenant or address. */
export interface SecretPlace {
  tenantId: TenantId;
  /** Address that the secret is for; null = the provider's own. */
  baseUrl: string | null;
}

const boundTo = ({ tenantId, baseUrl }: SecretPlace): Buffer => Buffer.from(JSON.stringify([VERSION, tenantId, baseUrl]));

/**
 * Seals the secrets of tenants for the database: AES-256-GCM under HKDF(BERTH_SECRET, "model-settings"), laid out as
 * `version | nonce | tag | ciphertext`.
 */
export class SecretBox {
  private readonly key: Buffer;

  /** `secret`: the installation's. */
  constructor(secret: string) {
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'model-settings', KEY_BYTES));
  }

  seal(place: SecretPlace, text: string): Uint8Array<ArrayBuffer> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo(place));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return new Uint8Array(Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]));
  }

  /** Throws `conflict` with what to do when it was sealed under another BERTH_SECRET, for another place, or was changed since. */
  open(place: SecretPlace, sealed: Uint8Array): string {
    try {
      return this.decipher(place, Buffer.from(sealed));
    } catch (error) {
      throw new AppError(
        'conflict',
        { detail: 'The stored model key cannot be read, as after a change of BERTH_SECRET. Save it again in the model settings.' },
        { cause: error },
      );
    }
  }

  private decipher(place: SecretPlace, sealed: Buffer): string {
    if (sealed[0] !== VERSION || sealed.length < HEAD_BYTES) throw new Error('not a sealed secret of a known version');
    const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
    const decipher = createDecipheriv(CIPHER, this.key, nonce, { authTagLength: TAG_BYTES })
      .setAAD(boundTo(place))
      .setAuthTag(sealed.subarray(1 + NONCE_BYTES, HEAD_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(HEAD_BYTES)), decipher.final()]).toString('utf8');
  }
}

/** With fewer characters a hint would tell a good part of the secret. */
const HINT_FROM = 16;

/** By which people recognise a secret: its last four characters; null for a short one. */
export const secretHint = (text: string): string | null => (text.length < HINT_FROM ? null : text.slice(-4));
