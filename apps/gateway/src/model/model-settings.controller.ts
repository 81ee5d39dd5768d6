import type { ModelSettings } from '@berth/protocol';
import { Controller } from '@nestjs/common';
import { Input } from '../edge/input.decorator.js';
import type { RouteInput } from '../edge/input.decorator.js';
import { Route } from '../edge/route.decorator.js';
import { Scope } from '../edge/scope.js';
import type { TenantScope } from '../edge/scope.js';
import { ModelSettingsService } from './model-settings.service.js';

@Controller()
export class ModelSettingsController {
  constructor(private readonly service: ModelSettingsService) {}

  @Route('getModelSettings')
  get(@Scope() scope: TenantScope): Promise<ModelSettings> {
    return this.service.get(scope);
  }

  @Route('setModelSettings')
  set(@Scope() scope: TenantScope, @Input() input: RouteInput<'setModelSettings'>): Promise<ModelSettings> {
    return this.service.set(scope, input.body);
  }

  @Route('clearModelSettings')
  clear(@Scope() scope: TenantScope): Promise<ModelSettings> {
    return this.service.clear(scope);
  }

  @Route('listUsage')
  usage(@Scope() scope: TenantScope, @Input() input: RouteInput<'listUsage'>) {
    return this.service.usage(scope, input.query);
  }
}
