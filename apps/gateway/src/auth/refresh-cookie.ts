import { Injectable } from '@nestjs/common';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';

/** How long a browser stays signed in without being used. */
export const REFRESH_SECONDS = 30 * 24 * 60 * 60;

/** Over plain http browsers refuse the prefix that binds a cookie to its host. */
export const refreshCookieName = (secure: boolean): string => (secure ? '__Host-berth_refresh' : 'berth_refresh');

/** The family of refresh tokens and the token itself. */
export interface RefreshToken {
  familyId: string;
  token: string;
}

/** The refresh token's cookie: out of reach of scripts, never sent from other sites. */
@Injectable()
export class RefreshCookie {
  private readonly name: string;

  /** `secure`: people use https. */
  constructor(private readonly secure: boolean) {
    this.name = refreshCookieName(secure);
  }

  read(request: Request): RefreshToken | undefined {
    const value = parseCookie(request.headers.cookie ?? '')[this.name];
    const [familyId, token] = value?.split('.') ?? [];
    return familyId && token ? { familyId, token } : undefined;
  }

  write(response: Response, { familyId, token }: RefreshToken): void {
    this.set(response, `${familyId}.${token}`, REFRESH_SECONDS);
  }

  clear(response: Response): void {
    this.set(response, '', 0);
  }

  private set(response: Response, value: string, maxAge: number): void {
    response.append(
      'Set-Cookie',
      stringifySetCookie({ name: this.name, value, httpOnly: true, secure: this.secure, sameSite: 'strict', path: '/', maxAge }),
    );
  }
}
