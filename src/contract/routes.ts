/** Everything a studio serves to workers and operators lives below this prefix. */
export const API_PREFIX = '/graphics/api';

/**
 * The studio's HTTP base without the API prefix: query, fragment and trailing slashes dropped, and one
 * `/graphics/api` suffix removed, so that a base that already contains the prefix is not doubled.
 * Undefined when the text is not an absolute http(s) URL.
 */
export function studioBase(apiBaseUrl: string): string | undefined {
  const url = URL.parse(apiBaseUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  return `${url.origin}${withoutPrefix(trimSlashes(url.pathname))}`;
}

/** The full URL of a worker or operator route, such as `/workers/register-request`. */
export function studioUrl(apiBaseUrl: string, route: string): string | undefined {
  const base = studioBase(apiBaseUrl);
  return base === undefined ? undefined : `${base}${API_PREFIX}${route}`;
}

/**
 * Where the artifact of a job goes. Ids are opaque: percent-encoded, and made well-formed first, since half a surrogate
 * pair cannot be encoded.
 */
export const completionRoute = (workerId: string, jobId: string): string =>
  `/workers/${encodeURIComponent(workerId.toWellFormed())}/jobs/${encodeURIComponent(jobId.toWellFormed())}/complete`;

const SOCKET_SCHEMES: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

/** The URL of the session's socket, or undefined when the base cannot carry one. */
export function connectUrl(apiBaseUrl: string, workerId: string): string | undefined {
  const url = URL.parse(apiBaseUrl);
  const scheme = url === null ? undefined : SOCKET_SCHEMES[url.protocol];
  if (url === null || scheme === undefined) return undefined;
  const path = trimSlashes(url.pathname);
  const prefixed = path.endsWith(API_PREFIX) ? path : `${path}${API_PREFIX}`;
  return `${scheme}//${url.host}${prefixed}/workers/${encodeURIComponent(workerId)}/connect${url.search}`;
}

const trimSlashes = (path: string): string => path.replace(/\/+$/, '');
const withoutPrefix = (path: string): string =>
  path.endsWith(API_PREFIX) ? trimSlashes(path.slice(0, -API_PREFIX.length)) : path;
