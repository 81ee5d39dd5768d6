import { Controller, Get, Header, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Health } from './health.js';

@Controller()
export class HealthController {
  constructor(private readonly health: Health) {}

  /** The process is alive. */
  @Get('health')
  @Header('Cache-Control', 'no-store')
  alive(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** The gateway can serve: 200, else 503 with the reasons. */
  @Get('ready')
  @Header('Cache-Control', 'no-store')
  async ready(@Res({ passthrough: true }) response: Response): Promise<{ ready: boolean; reasons: string[] }> {
    const reasons = await this.health.reasons();
    response.status(reasons.length === 0 ? 200 : 503);
    return { ready: reasons.length === 0, reasons };
  }
}
