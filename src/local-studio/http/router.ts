import { type ErrorCode, errorChain, toWorkerError } from '../../base/errors.ts';
import { matchesPath, pathParams, segmentsOf } from '../../contract/route-path.ts';
import { API_PREFIX } from '../../contract/routes.ts';
import type { Logger } from '../../log/logger.ts';
import type { AllowsHost } from './allowed-hosts.ts';
import { type Peer, problem, Refusal, type Route } from './http.ts';

/** Answers a request; never rejects. */
export type Router = (request: Request, peer: Peer) => Promise<Response>;

interface Split {
  readonly route: Route;
  readonly segments: readonly string[];
}

/** Files of a page; undefined for a path that is none of theirs. */
export type PageShell = (request: Request, url: URL) => Promise<Response | undefined>;

interface RouterOptions {
  readonly log: Logger;
  readonly allowsHost: AllowsHost;
  /** Answers what anyone may see. */
  readonly shell?: PageShell | undefined;
}

/** Answers by a table of routes. Every failure becomes a response; an unforeseen one is logged and answered without details. */
export function createRouter(routes: readonly Route[], { log, allowsHost, shell }: RouterOptions): Router {
  const table: readonly Split[] = routes.flatMap((route) =>
    [API_PREFIX, ...(route.atRoot === true ? [''] : [])].map((prefix) => ({
      route,
      segments: segmentsOf(prefix + route.path),
    })),
  );
  return async (request, peer) => {
    // The URL is put together from the Host header, which is the client's.
    const url = URL.parse(request.url);
    if (url === null) return problem(400, 'invalid', 'the Host header names no host');
    if (!allowsHost(url.hostname)) return misdirected(url.hostname);
    const segments = segmentsOf(url.pathname);
    const found = table.filter((entry) => matchesPath(entry.segments, segments));
    const match = found.find(({ route }) => route.method === request.method);
    if (match === undefined) return (await shell?.(request, url)) ?? missing(found);
    const params = pathParams(match.segments, segments);
    if (params === undefined) return problem(400, 'invalid', 'the path is not well encoded');
    try {
      return await match.route.handle({ request, url, params, peer });
    } catch (thrown) {
      // A client that left in the middle gets no answer, and a body that breaks off is no fault of the studio.
      if (request.signal.aborted) return problem(400, 'invalid', 'the request broke off');
      return refusalOf(thrown, url, log);
    }
  };
}

const misdirected = (name: string): Response =>
  problem(421, 'misdirected', `this studio does not go by the name ${name}; its --public-name option allows one`);

function missing(found: readonly Split[]): Response {
  if (found.length === 0) return problem(404, 'not-found', 'no such route');
  const allow = [...new Set(found.map(({ route }) => route.method))].join(', ');
  return problem(405, 'method-not-allowed', `this route takes ${allow}`, { allow });
}

function refusalOf(thrown: unknown, url: URL, log: Logger): Response {
  if (thrown instanceof Refusal) return thrown.response;
  const error = toWorkerError(thrown);
  log.error('request.failed', { path: url.pathname, code: error.code, error: errorChain(error) });
  if (error.code === 'disk.full') return problem(507, 'disk-full', 'the studio has no space left');
  if (isAway(error.code)) return problem(503, 'unavailable', AWAY, { 'retry-after': RETRY_AFTER_SECONDS });
  return problem(500, 'internal', 'the studio failed; its log says why');
}

/** The data is being moved, or was: nothing was changed, and the studio is back soon, here or on another database. */
const isAway = (code: ErrorCode): boolean => code === 'studio.data-in-use' || code === 'studio.moved';
const AWAY = 'the studio is moving to another database; retry soon';
const RETRY_AFTER_SECONDS = '5';
