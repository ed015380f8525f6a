import { WorkerError } from '../../../base/errors.ts';
import { isLoopback, shownUrl } from '../../../base/urls.ts';
import { hostOf, inBlock } from '../proxy.ts';
import { interleaved } from './dial.ts';

/*
 * Where a URL that somebody else chose may lead. An offer names URLs, so whoever writes offers could make this machine
 * ask its own router, a neighbour, or a cloud's metadata service. Each hop is checked: the URL, then every address its
 * name stands for, and the connection goes to an address that was checked, not to the name (DNS rebinding).
 */

/** All addresses of a host name. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Blocks that are not the public internet (IANA special-purpose address registry, RFC 6890). */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
];
/** Within 2000::/3, which is all that is public so far. Teredo and 6to4 carry any IPv4 address, private ones too. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
/** Addresses that stand for an IPv4 one: mapped (RFC 4291) and translated (RFC 6052). */
const CARRIES_V4 = ['::ffff:0:0/96', '64:ff9b::/96'];

/** Whether an address, not a name, is on the public internet. */
export function isPublicAddress(address: string): boolean {
  if (!address.includes(':'))
    return inBlock(address, '0.0.0.0/0') && !SPECIAL_V4.some((block) => inBlock(address, block));
  if (CARRIES_V4.some((block) => inBlock(address, block))) return isPublicAddress(carriedV4(address));
  return inBlock(address, '2000::/3') && !SPECIAL_V6.some((block) => inBlock(address, block));
}

/** The last 32 bits of an IPv6 address, as an IPv4 one. */
function carriedV4(address: string): string {
  const text = URL.parse(`http://[${address}]/`)?.hostname.slice(1, -1) ?? '';
  const [high = 0, low = 0] = text
    .split(':')
    .slice(-2)
    .map((group) => Number.parseInt(group || '0', 16));
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** What the check of one hop goes by. */
export interface UrlPolicy {
  /** What the URL is of, for people: `model`, `init image`. */
  readonly what: string;
  /** Whether the operator allows addresses that are not public. */
  readonly allowPrivate: boolean;
  /** Whether a redirect led here: then loopback is refused, since only the offer itself may name this machine. */
  readonly cameFrom?: URL;
}

/**
 * Reads a URL and checks all that needs no lookup of its addresses: https, or http to this machine.
 *
 * @throws WorkerError `url.refused`
 */
export function checkUrl(text: string, policy: UrlPolicy): URL {
  const url = URL.parse(text);
  if (url === null) throw refused(`invalid ${policy.what} URL "${shownUrl(text)}"`);
  const loopback = isLoopback(hostOf(url));
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw refused(`${policy.what} URL must use https (loopback http is allowed for tests/mirrors): ${shownUrl(text)}`);
  }
  if (loopback && policy.cameFrom !== undefined && !isLoopback(hostOf(policy.cameFrom))) {
    throw refused(`${policy.what} URL redirects to this machine: ${shownUrl(text)}`);
  }
  return url;
}

/**
 * The addresses to connect to, in the order to try them. Refuses the host when any of them is not public: a name that
 * stands for both is ambiguous. A name of this machine stands for both loopback addresses, whatever else is known of it
 * (RFC 6761 §6.3).
 *
 * @throws WorkerError `url.refused`; whatever `resolve` throws
 */
export async function checkedAddresses(url: URL, policy: UrlPolicy, resolve: Resolve): Promise<readonly string[]> {
  const host = hostOf(url);
  const addresses = await addressesOf(host, resolve);
  if (addresses.length === 0) {
    throw new WorkerError('download.failed', `${host} has no address`, {
      hint: 'Check the host of the URL, and the name server of this machine.',
    });
  }
  const bad = isLoopback(host)
    ? addresses.find((address) => !isLoopback(address))
    : addresses.find((address) => !policy.allowPrivate && !isPublicAddress(address));
  if (bad === undefined) return addresses;
  throw refused(`${policy.what} URL leads to ${bad}, which is not on the public internet: ${shownUrl(url.href)}`, {
    hint: 'Set `allow_private_urls = true` in the config if this studio may use addresses of your own network.',
  });
}

async function addressesOf(host: string, resolve: Resolve): Promise<readonly string[]> {
  if (isAddress(host)) return [host];
  if (!isLoopback(host)) return interleaved(await resolve(host));
  const known = await resolve(host).catch((): readonly string[] => []);
  return interleaved([...known, '127.0.0.1', '::1']);
}

/** Whether a host is an address and not a name; without brackets. */
export const isAddress = (host: string): boolean => host.includes(':') || inBlock(host, '0.0.0.0/0');

const refused = (message: string, options: { readonly hint?: string } = {}): WorkerError =>
  new WorkerError('url.refused', message, { hint: 'Give the studio a public https URL for this file.', ...options });
