import type { Route as RouteRow, RouteName } from '@berth/protocol';
import { routes } from '@berth/protocol';
import type { ExecutionContext } from '@nestjs/common';
import { HttpCode, RequestMapping, RequestMethod, applyDecorators, SetMetadata } from '@nestjs/common';

const ROUTE = Symbol('route');

/** Method, path and status of a call of the catalogue; its guards and pipes read the same row. */
export function Route(name: RouteName): MethodDecorator {
  const route: RouteRow = routes[name];
  return applyDecorators(
    RequestMapping({ path: toExpress(route.path), method: RequestMethod[route.method] }),
    HttpCode(route.status),
    SetMetadata(ROUTE, route),
  );
}

/** The catalogue's row of the handler that is about to run; undefined for the few paths outside the catalogue. */
export const routeOf = (context: ExecutionContext): RouteRow | undefined =>
  Reflect.getMetadata(ROUTE, context.getHandler()) as RouteRow | undefined;

/** `{name}` becomes `:name`. */
const toExpress = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');
