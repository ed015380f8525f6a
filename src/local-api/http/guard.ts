import { isLoopback } from '../../base/urls.ts';
import { cookieIn, isFromOwnPage, type PageRequest, sameSecret } from '../../page-host/from-page.ts';
import type { RouteAccess } from '../contract/route.ts';

/*
 * Who gets past, in this order. A web page can send requests here from any browser on this machine (DNS rebinding gives
 * it a name of ours, a form posts across origins, a cookie of 127.0.0.1 is sent to every port), and so can every account
 * of the machine; neither of them can read the token or forge these headers in a browser.
 *
 *   Host is loopback? ──▶ Origin, if any, is loopback? ──▶ token, or a cookie from our own page? ──▶ body short enough?
 *        403                      403                            401, or 403                            413
 */

/** What the guard goes by. */
export interface Secrets {
  readonly token: string;
  readonly cookieName: string;
  readonly isSignedIn: (value: string) => boolean;
}

/** Who asks, or the answer that they get instead. */
export type Guarded =
  | { readonly is: 'guarded'; readonly as: RouteAccess }
  | { readonly is: 'refused'; readonly status: 401 | 403 | 413; readonly error: string; readonly message: string };

/** What the guard needs of a route. */
export interface GuardedRoute {
  readonly access: RouteAccess;
  readonly maxBodyBytes: number;
}

/** Whether a request may be answered by a route. */
export function guard(route: GuardedRoute, request: PageRequest, secrets: Secrets): Guarded {
  const { host, headers } = request;
  const origin = headers.get('origin');
  if (!isLoopback(hostName(host))) return refused(403, 'forbidden_host', 'this API answers to loopback names only');
  if (origin !== null && !isLoopbackOrigin(origin)) {
    return refused(403, 'forbidden_origin', 'this API answers no page of another origin');
  }
  const who = whoAsks(route.access, request, secrets);
  if (who.is === 'refused') return who;
  if (Number(headers.get('content-length') ?? 0) > route.maxBodyBytes) return tooLarge(route.maxBodyBytes);
  return who;
}

/** The refusal of a body that is longer than its route takes. */
export const tooLarge = (maxBodyBytes: number): Extract<Guarded, { is: 'refused' }> =>
  refused(413, 'too_large', `the body is larger than ${maxBodyBytes} bytes`);

function whoAsks(access: RouteAccess, request: PageRequest, secrets: Secrets): Guarded {
  if (access === 'anyone') return { is: 'guarded', as: 'anyone' };
  const bearer = /^Bearer +(\S+)$/i.exec(request.headers.get('authorization') ?? '')?.[1];
  if (bearer !== undefined && sameSecret(bearer, secrets.token)) return { is: 'guarded', as: 'bearer' };
  const cookie = cookieIn(request.headers.get('cookie') ?? '', secrets.cookieName);
  if (access === 'bearer' || bearer !== undefined || cookie === undefined || !secrets.isSignedIn(cookie)) {
    return refused(401, 'unauthorized', 'the request carries no valid token');
  }
  return isFromOwnPage(request)
    ? { is: 'guarded', as: 'page' }
    : refused(403, 'forbidden_origin', 'a page may do this only from the origin of this API');
}

function isLoopbackOrigin(origin: string): boolean {
  const url = URL.parse(origin);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && isLoopback(url.hostname);
}

/** Without the port. */
const hostName = (host: string): string => URL.parse(`http://${host}`)?.hostname ?? '';

const refused = (status: 401 | 403 | 413, error: string, message: string): Extract<Guarded, { is: 'refused' }> => ({
  is: 'refused',
  status,
  error,
  message,
});
