import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const size = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const BASIC_CONSTRAINTS = oid('551d13');
const COMMON_NAME = oid('550403');

const name = (text: string): Buffer => sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from(text)))));
const time = (year: number): Buffer => der(0x18, Buffer.from(`${String(year)}0101000000Z`));

interface Subject {
  name: string;
  publicKey: KeyObject;
  isAuthority: boolean;
}

/** An X.509 certificate (RFC 5280) in DER, signed with ECDSA over P-256. */
function certificate(subject: Subject, issuer: { name: string; privateKey: KeyObject }): Buffer {
  const constraints = sequence(...(subject.isAuthority ? [der(0x01, Buffer.from([0xff]))] : []));
  const toSign = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_SHA256,
    name(issuer.name),
    sequence(time(2020), time(2120)),
    name(subject.name),
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(BASIC_CONSTRAINTS, der(0x01, Buffer.from([0xff])), der(0x04, constraints)))),
  );
  return sequence(toSign, ECDSA_SHA256, der(0x03, Buffer.from([0]), sign('sha256', toSign, issuer.privateKey)));
}

const pem = (bytes: Buffer): Buffer => Buffer.from(`-----BEGIN CERTIFICATE-----\n${bytes.toString('base64')}\n-----END CERTIFICATE-----\n`);

/** An authority of its own and a certificate by it, all PEM. */
export interface TestTls {
  ca: Buffer;
  cert: Buffer;
  key: Buffer;
}

/** What mutual TLS needs; the certificate is for the host of this name. */
export function makeTls(name = 'localhost'): TestTls {
  const authority = { name: 'authority', isAuthority: true, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  const member = { name, isAuthority: false, ...generateKeyPairSync('ec', { namedCurve: 'P-256' }) };
  return {
    ca: pem(certificate(authority, authority)),
    cert: pem(certificate(member, authority)),
    key: Buffer.from(member.privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}
