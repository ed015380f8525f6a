import { readLimited } from '../../base/bytes.ts';
import { errorChain } from '../../base/errors.ts';
import { matchesPath, pathParams, segmentsOf } from '../../contract/route-path.ts';
import { readJson } from '../../contract/read.ts';
import type { Logger } from '../../log/logger.ts';
import type { ServerPeer } from '../../system/net/server.ts';
import { MAX_BODY_BYTES, type Route } from '../contract/route.ts';
import { type ApiQuery, type ApiRequest, type RouteName, ROUTE_NAMES, ROUTES } from '../contract/routes.ts';
import type { PageRequest } from '../../page-host/from-page.ts';
import { guard, type GuardedRoute, type Secrets, tooLarge } from './guard.ts';
import { ApiFailure, errorReply, failureReply } from './reply.ts';

/** A request that got past the guard, read by the schemas of its route. */
export interface Call<Name extends RouteName> {
  /** What the `:names` of the path stand for. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: ApiQuery<Name>;
  readonly body: ApiRequest<Name>;
  readonly request: Request;
}

/** Who answers each route. */
export type Handlers = { readonly [Name in RouteName]: (call: Call<Name>) => Promise<Response> | Response };

/** Routes beside the table, such as those of another API's shape; undefined for a path that is none of theirs. */
export interface RouteGroup {
  answer(request: Request, url: URL): Promise<Response | undefined> | Response | undefined;
}

export interface RouterOptions {
  readonly handlers: Handlers;
  /** Asked with each request: the cookie goes by the port, which is known once the server listens. */
  readonly secrets: () => Secrets;
  readonly log: Pick<Logger, 'error'>;
  /** Answers what anyone on this machine may see, such as the files of the page; guarded by `Host` and `Origin`. */
  readonly shell?: RouteGroup;
}

interface Entry<Name extends RouteName = RouteName> {
  readonly name: Name;
  readonly route: Route;
  readonly segments: readonly string[];
}

const TABLE: readonly Entry[] = ROUTE_NAMES.map((name) => ({
  name,
  route: ROUTES[name],
  segments: segmentsOf(ROUTES[name].path),
}));

/** Answers by the table of routes; never rejects. Every failure is a response, an unforeseen one without details. */
export function createRouter(options: RouterOptions) {
  const { handlers, secrets, log, shell } = options;
  return async (request: Request, peer: ServerPeer): Promise<Response> => {
    // The URL is put together from the Host header, which is the client's.
    const url = URL.parse(request.url);
    if (url === null) return errorReply(400, { error: 'bad_request', message: 'the Host header names no host' });
    const segments = segmentsOf(url.pathname);
    const found = TABLE.filter((entry) => matchesPath(entry.segments, segments));
    const entry = found.find(({ route }) => route.method === request.method);
    const toShell = entry === undefined && READS.has(request.method) ? await shell?.answer(request, url) : undefined;
    const guarded = guard(guardedRoute(entry, toShell !== undefined), factsOf(request), secrets());
    if (guarded.is === 'refused') return errorReply(guarded.status, { error: guarded.error, message: guarded.message });
    if (entry === undefined) return toShell ?? missing(found);
    peer.waitForAnswer();
    try {
      return await dispatch(entry, { request, url, segments }, handlers);
    } catch (thrown) {
      const { response, isForeseen } = failureReply(thrown);
      if (!isForeseen) log.error('local-api.failed', { path: entry.route.path, error: errorChain(thrown) });
      return response;
    }
  };
}

const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/** A path that is not there is guarded, too: only the page's own files are for anyone. */
const guardedRoute = (entry: Entry | undefined, isShell: boolean): GuardedRoute => ({
  access: isShell ? 'anyone' : (entry?.route.access ?? 'page'),
  maxBodyBytes: entry?.route.maxBodyBytes ?? MAX_BODY_BYTES,
});

const factsOf = ({ method, headers }: Request): PageRequest => ({ method, headers, host: headers.get('host') ?? '' });

interface Arrived {
  readonly request: Request;
  readonly url: URL;
  readonly segments: readonly string[];
}

async function dispatch<Name extends RouteName>(entry: Entry<Name>, arrived: Arrived, handlers: Handlers) {
  const { name, route, segments: pattern } = entry;
  const params = pathParams(pattern, arrived.segments);
  if (params === undefined) throw new ApiFailure(400, 'bad_request', 'the path is not well encoded');
  const query = readQuery(route, arrived.url);
  const body = await readBody(route, arrived.request);
  return await handlers[name](callOf<Name>({ params, query, body, request: arrived.request }));
}

/** Query and body as the schemas of the route `Name` read them. */
const callOf = <Name extends RouteName>(read: Readonly<Record<'query' | 'body', unknown>> & Arguments): Call<Name> =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a `Route` holds its schemas without their types
  read as Call<Name>;

type Arguments = Pick<Call<RouteName>, 'params' | 'request'>;

/** A parameter given twice counts once, the last. */
function readQuery({ query }: Route, url: URL): unknown {
  if (query === undefined) return undefined;
  const read = readJson(query, JSON.stringify(Object.fromEntries(url.searchParams)));
  if (read.is === 'unreadable') throw new ApiFailure(400, 'bad_request', read.problem);
  return read.value;
}

async function readBody({ request: schema, maxBodyBytes = MAX_BODY_BYTES }: Route, request: Request): Promise<unknown> {
  if (schema === undefined) return undefined;
  const { status, error, message } = tooLarge(maxBodyBytes);
  const bytes = await readLimited(request.body, {
    maxBytes: maxBodyBytes,
    tooLarge: () => new ApiFailure(status, error, message),
  });
  const read = readJson(schema, new TextDecoder().decode(bytes));
  if (read.is === 'unreadable') throw new ApiFailure(400, 'bad_request', read.problem);
  return read.value;
}

function missing(found: readonly Entry[]): Response {
  if (found.length === 0) return errorReply(404, { error: 'not_found', message: 'no such route' });
  const allow = [...new Set(found.map(({ route }) => route.method))].join(', ');
  return errorReply(405, { error: 'method_not_allowed', message: `this route takes ${allow}` }, { allow });
}
