import { hkdfSync } from 'node:crypto';

/** Key of access tokens; a purpose of its own, so that no other key of the installation can sign one. */
export const accessTokenKey = (secret: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', 'jwt', 32));

/** Key from which each refresh token's successor is derived. */
export const refreshTokenKey = (secret: string): Buffer => Buffer.from(hkdfSync('sha256', secret, '', 'refresh-token', 32));

/** Fixed, never read from a token: RFC 8725, sections 2.1 and 3.1. */
export const ALGORITHM = 'HS256';
export const ISSUER = 'berth';
export const AUDIENCE = 'berth-api';
/** RFC 9068: keeps other kinds of token from being taken for an access token (RFC 8725, section 3.11). */
export const TOKEN_TYPE = 'at+jwt';
/** For clocks that are not quite together. */
export const LEEWAY_S = 30;
/** Short, because a token cannot be called back; sockets and requests check the sign-in behind it anyway. */
export const ACCESS_TOKEN_S = 600;
