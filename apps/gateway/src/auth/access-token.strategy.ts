import { TenantId, UserId } from '@berth/protocol';
import type { Principal } from '@berth/store';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { z } from 'zod';
import { ALGORITHM, AUDIENCE, ISSUER, LEEWAY_S, TOKEN_TYPE } from './token-keys.js';

/** Header fields that could name another key are not read at all: only the type is. */
const Verified = z.object({
  header: z.object({ typ: z.literal(TOKEN_TYPE) }),
  payload: z.object({ sub: UserId, tid: TenantId, fam: z.uuid(), exp: z.number() }),
});

/** Checks access tokens by RFC 8725: one algorithm, one key, issuer, audience, type and times. */
export const accessTokenStrategy = (key: Buffer): Strategy =>
  new Strategy(
    {
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: key,
      algorithms: [ALGORITHM],
      issuer: ISSUER,
      audience: AUDIENCE,
      ignoreExpiration: false,
      jsonWebTokenOptions: { complete: true, clockTolerance: LEEWAY_S },
    },
    (token: unknown, done: (error: unknown, principal: Principal | false) => void) => {
      done(null, principalOf(token));
    },
  );

/** Of a token whose signature, issuer, audience and times are good. False: not one of our access tokens. */
function principalOf(token: unknown): Principal | false {
  const verified = Verified.safeParse(token);
  if (!verified.success) return false;
  const { sub, tid, fam } = verified.data.payload;
  return { userId: sub, tenantId: tid, familyId: fam };
}
