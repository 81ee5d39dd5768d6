import type { IncomingMessage } from 'node:http';
import { AppError } from '@berth/protocol';
import type { Principal } from '@berth/store';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import passport from 'passport';
import { accessTokenStrategy } from './access-token.strategy.js';
import { ACCESS_TOKEN_S, ALGORITHM, AUDIENCE, ISSUER, TOKEN_TYPE } from './token-keys.js';

type Middleware = (request: IncomingMessage, response: object, next: (error: unknown) => void) => void;

/** Under which name passport knows this way of signing in. */
const STRATEGY = 'access-token';

/** Issues access tokens and finds out who a request's token belongs to. */
@Injectable()
export class AccessTokens {
  /** An own instance: the one that the package exports is shared by everything in the process. */
  private readonly passport = new passport.Passport();

  constructor(
    private readonly jwt: JwtService,
    key: Buffer,
  ) {
    this.passport.use(STRATEGY, accessTokenStrategy(key));
  }

  /** A token for {@link ACCESS_TOKEN_S} seconds. */
  async issue({ userId, tenantId, familyId }: Principal): Promise<string> {
    return this.jwt.signAsync(
      { tid: tenantId, fam: familyId },
      {
        algorithm: ALGORITHM,
        header: { alg: ALGORITHM, typ: TOKEN_TYPE },
        subject: userId,
        issuer: ISSUER,
        audience: AUDIENCE,
        expiresIn: ACCESS_TOKEN_S,
        notBefore: 0,
      },
    );
  }

  /** The principal in the request's Authorization header, also of an upgrade request. Rejects with `unauthenticated`. */
  async authenticate(request: IncomingMessage): Promise<Principal> {
    return new Promise((resolve, reject) => {
      const refuse = () => {
        reject(new AppError('unauthenticated'));
      };
      const check = this.passport.authenticate(
        STRATEGY,
        { session: false },
        (error: unknown, principal: Principal | false | null | undefined) => {
          if (error || !principal) refuse();
          else resolve(principal);
        },
      ) as Middleware;
      check(request, {}, refuse);
    });
  }
}
