import { Bus, openBus } from '@berth/bus';
import { RedisOutputLog, ScreenStore, SessionLogReader, connectLog } from '@berth/log';
import { Store, openStore } from '@berth/store';
import { Inject, Module } from '@nestjs/common';
import type { DynamicModule, OnApplicationShutdown, Provider } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { LoggerModule } from 'nestjs-pino';
import type { Logger } from 'pino';
import { AccessTokens } from './auth/access-tokens.js';
import { AccountController } from './auth/account.controller.js';
import { AccountService } from './auth/account.service.js';
import { AuthController } from './auth/auth.controller.js';
import { AuthService } from './auth/auth.service.js';
import { Principals } from './auth/principals.js';
import { RefreshCookie } from './auth/refresh-cookie.js';
import { RefreshTokens } from './auth/refresh-tokens.js';
import { SignInLimits } from './auth/sign-in-limits.js';
import { SocketTicketsController } from './auth/socket-tickets.controller.js';
import { SocketTicketsService } from './auth/socket-tickets.service.js';
import { accessTokenKey, refreshTokenKey } from './auth/token-keys.js';
import { ByteSockets } from './bytes/byte-sockets.js';
import { Attendance } from './control/attendance.js';
import { ControlSockets } from './control/control-sockets.js';
import { ViewersController } from './control/viewers.controller.js';
import { Origins } from './edge/origins.js';
import { RequestGuard } from './edge/request.guard.js';
import type { GatewayEnv } from './env.js';
import { LOGGER } from './logger.js';
import { MembersController } from './members/members.controller.js';
import { MembersService } from './members/members.service.js';
import { ModelSettingsController } from './model/model-settings.controller.js';
import { ModelSettingsService } from './model/model-settings.service.js';
import { SessionOutputService } from './sessions/session-output.service.js';
import { SessionScreenService } from './sessions/session-screen.service.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { SessionsService } from './sessions/sessions.service.js';
import { WorkspaceRoots } from './sessions/workspace-roots.js';
import { HealthController } from './system/health.controller.js';
import { Health } from './system/health.js';
import { Sweeper } from './system/sweeper.js';

const LOG_CONNECTION = Symbol('log connection');
type LogConnection = ReturnType<typeof connectLog>;

/** Owns the connections of a gateway; they are made when they are needed. */
@Module({})
export class AppModule implements OnApplicationShutdown {
  constructor(
    private readonly store: Store,
    private readonly bus: Bus,
    @Inject(LOG_CONNECTION) private readonly logConnection: LogConnection,
  ) {}

  static of(env: GatewayEnv, logger: Logger): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot({ useExisting: true, pinoHttp: { logger: quieter(logger) } }),
        JwtModule.register({ secret: accessTokenKey(env.secret) }),
      ],
      controllers: [
        ...[AuthController, AccountController, SocketTicketsController, MembersController],
        ...[ModelSettingsController, SessionsController, ViewersController, HealthController],
      ],
      providers: [...connections(env, logger), ...services(env)],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    this.bus.close();
    this.logConnection.disconnect();
    await this.store.close();
  }
}

function connections({ databaseUrl, redisUrl, secret, flags, defaultModelProvider }: GatewayEnv, logger: Logger): Provider[] {
  const onError = (error: Error): void => {
    logger.debug({ err: error }, 'a connection broke');
  };
  return [
    { provide: LOGGER, useValue: logger },
    { provide: Store, useFactory: () => openStore({ databaseUrl, secret, flags, defaultModelProvider, onError }) },
    { provide: Bus, useFactory: () => openBus({ redisUrl, flags, onError }) },
    { provide: LOG_CONNECTION, useFactory: () => connectLog(redisUrl) },
    {
      provide: RedisOutputLog,
      inject: [LOG_CONNECTION],
      useFactory: (connection: LogConnection) => new RedisOutputLog(connection),
    },
    { provide: SessionLogReader, inject: [LOG_CONNECTION], useFactory: (connection: LogConnection) => new SessionLogReader(connection) },
    { provide: ScreenStore, inject: [LOG_CONNECTION], useFactory: (connection: LogConnection) => new ScreenStore(connection) },
  ];
}

function services(env: GatewayEnv): Provider[] {
  return [
    { provide: Origins, useValue: new Origins(env.publicOrigin) },
    { provide: WorkspaceRoots, useValue: new WorkspaceRoots(env.workspaceRoots) },
    { provide: RefreshCookie, useValue: new RefreshCookie(isSecure(env)) },
    { provide: AccessTokens, inject: [JwtService], useFactory: (jwt: JwtService) => new AccessTokens(jwt, accessTokenKey(env.secret)) },
    { provide: RefreshTokens, useValue: new RefreshTokens(refreshTokenKey(env.secret)) },
    { provide: APP_GUARD, useClass: RequestGuard },
    ByteSockets.provider(env),
    ControlSockets.provider(),
    ...[Principals, AuthService, AccountService, SignInLimits, SocketTicketsService],
    ...[MembersService, ModelSettingsService],
    SessionScreenService.provider(env),
    ...[SessionsService, SessionOutputService, Attendance, Health, Sweeper],
  ];
}

/** Whether people use https. */
export const isSecure = ({ publicOrigin }: GatewayEnv): boolean => publicOrigin?.startsWith('https:') ?? false;

/** Of what the framework says only warnings and worse are worth a line: at each start it lists every module and route. */
const quieter = (logger: Logger): Logger => (logger.isLevelEnabled('warn') ? logger.child({}, { level: 'warn' }) : logger);
