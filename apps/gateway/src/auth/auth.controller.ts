import type { SignedIn } from '@berth/protocol';
import { Controller, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Route } from '../edge/route.decorator.js';
import type { SignInResult } from './auth.service.js';
import { AuthService } from './auth.service.js';
import { RefreshCookie } from './refresh-cookie.js';

@Controller()
export class AuthController {
  constructor(
    private readonly service: AuthService,
    private readonly cookie: RefreshCookie,
  ) {}

  @Route('login')
  async login(
    @Input() input: RouteInput<'login'>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignedIn> {
    return this.signedIn(response, await this.service.login(input.body, addressOf(request)));
  }

  @Route('loginWithLink')
  async loginWithLink(
    @Input() input: RouteInput<'loginWithLink'>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignedIn> {
    return this.signedIn(response, await this.service.loginWithLink(input.body, addressOf(request)));
  }

  @Route('refresh')
  async refresh(
    @Input() input: RouteInput<'refresh'>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SignedIn> {
    return this.signedIn(response, await this.service.refresh(this.cookie.read(request), input.body.tenantId, addressOf(request)));
  }

  @Route('logout')
  async logout(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    this.cookie.clear(response);
    await this.service.logout(this.cookie.read(request));
  }

  private signedIn(response: Response, { answer, cookie }: SignInResult): SignedIn {
    response.setHeader('Cache-Control', 'no-store');
    this.cookie.write(response, cookie);
    return answer;
  }
}

/** The client's network address; proxies in front are believed only when they are listed as trusted. */
const addressOf = (request: Request): string => request.ip ?? 'unknown';
