import { urlInHeader } from '../../base/urls.ts';
import type { HttpRequest, HttpResponse } from './http.ts';

/** Redirects that keep the method and what was asked; 301 and 302 turn a POST into a GET, which nobody wants. */
const SAME_METHOD = [307, 308];
const FOR_GET = [301, 302, 303, ...SAME_METHOD];

/**
 * Where a redirect leads, or undefined when this response is the answer: it is none, it names no place, it leads to
 * something that is not HTTP, or what the request carries may not go there.
 */
export function nextUrl(request: HttpRequest, from: string, response: HttpResponse): string | undefined {
  if (!(request.method === 'GET' ? FOR_GET : SAME_METHOD).includes(response.status)) return undefined;
  const { location = '' } = response.headers;
  const to = location === '' ? null : URL.parse(urlInHeader(location), from); // an empty one would lead to where we are
  if (to === null || (to.protocol !== 'http:' && to.protocol !== 'https:')) return undefined;
  return mayFollow(request, new URL(from), to) ? to.href : undefined;
}

/** A token or a body goes to the host it was meant for and nowhere else; moving up to https there is welcome. */
function mayFollow(request: HttpRequest, from: URL, to: URL): boolean {
  if (from.protocol === 'https:' && to.protocol === 'http:') return false;
  const carries = request.body !== undefined || 'authorization' in lowerCased(request.headers ?? {});
  return !carries || from.origin === to.origin || (from.hostname === to.hostname && to.protocol === 'https:');
}

const lowerCased = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
