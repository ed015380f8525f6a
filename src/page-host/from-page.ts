/*
 * Whether a request comes from a page of ours. Its cookie is not enough: browsers send the cookies of a host for pages of
 * all its ports, and so do pages elsewhere that lead somebody here.
 */

/** What a request says of itself before any of its body is read. */
export interface PageRequest {
  readonly method: string;
  /** The `Host` header, with its port. */
  readonly host: string;
  readonly headers: Pick<Headers, 'get'>;
}

/** Methods that change nothing, so that a page may use them without naming its origin. */
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Whether it was sent by a page from where it is sent to: what changes something must name that origin. `https` is one where a
 * proxy may end TLS, which passes the host on and not the scheme.
 */
export function isFromOwnPage(
  { method, host, headers }: PageRequest,
  schemes: readonly ('http' | 'https')[] = ['http'],
): boolean {
  const origin = headers.get('origin');
  const site = headers.get('sec-fetch-site') ?? 'none';
  if (origin === null) return READS.has(method) && (site === 'same-origin' || site === 'none');
  return schemes.some((scheme) => origin.toLowerCase() === `${scheme}://${host.toLowerCase()}`);
}

/** The value of a cookie in a `Cookie` header. */
export function cookieIn(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Takes the same time however much of the two agrees. */
export function sameSecret(given: string, expected: string): boolean {
  let difference = given.length ^ expected.length;
  for (let at = 0; at < given.length; at++) {
    difference |= given.charCodeAt(at) ^ expected.charCodeAt(at % (expected.length || 1));
  }
  return difference === 0 && expected !== '';
}
