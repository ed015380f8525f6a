import { isLoopback } from '../../base/urls.ts';

/** Looks up an environment variable; empty text counts as unset. */
type Lookup = (name: string) => string | undefined;

/**
 * The proxy for one URL, by curl's rules for the environment, or undefined for a direct connection.
 *
 * Lower case wins over upper case. `http:` and `ws:` read HTTP_PROXY, `https:` and `wss:` read HTTPS_PROXY, both fall
 * back to ALL_PROXY; a value without a scheme is an http proxy. NO_PROXY lists hosts and their parent domains,
 * addresses, `host:port`, IPv4 and IPv6 blocks (`10.0.0.0/8`), or `*`. One rule is stricter than curl's: a loopback
 * address never goes through a proxy, because on the proxy's machine it means that machine.
 */
export function proxyFor(url: string, env: Lookup): string | undefined {
  const target = URL.parse(url);
  if (target === null || isLoopback(hostOf(target)) || excluded(target, either('NO_PROXY', env) ?? '')) {
    return undefined;
  }
  const secure = target.protocol === 'https:' || target.protocol === 'wss:';
  const named = secure ? either('HTTPS_PROXY', env) : httpProxy(env);
  const proxy = named ?? either('ALL_PROXY', env);
  if (proxy === undefined) return undefined;
  const full = /^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
  return URL.canParse(full) ? full : undefined;
}

const either = (name: string, env: Lookup): string | undefined =>
  filled(env(name.toLowerCase())) ?? filled(env(name.toUpperCase()));

const filled = (text: string | undefined): string | undefined => {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' ? undefined : trimmed;
};

/** Under CGI, HTTP_PROXY is a request header that a stranger sets (CVE-2016-5385): there only lower case counts. */
const httpProxy = (env: Lookup): string | undefined =>
  filled(env('REQUEST_METHOD')) === undefined ? either('HTTP_PROXY', env) : filled(env('http_proxy'));

/** The host without the brackets of an IPv6 address and without a final dot. */
export const hostOf = (url: URL): string => bare(url.hostname);
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

const DEFAULT_PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'ws:': '80', 'https:': '443', 'wss:': '443' };

function excluded(target: URL, list: string): boolean {
  const host = hostOf(target);
  const port = target.port === '' ? (DEFAULT_PORTS[target.protocol] ?? '') : target.port;
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || matches(entry, host, port));
}

function matches(entry: string, host: string, port: string): boolean {
  if (entry.includes('/')) return inBlock(host, entry);
  const { name, onlyPort } = splitPort(entry);
  if (onlyPort !== undefined && onlyPort !== port) return false;
  const domain = bare(name.replace(/^\*?\./, ''));
  return domain !== '' && (host === domain || host.endsWith(`.${domain}`));
}

/** `host:80`, `[::1]:80` or just a host; an IPv6 address without brackets has colons but no port. */
function splitPort(entry: string): { readonly name: string; readonly onlyPort?: string } {
  const [, name, onlyPort] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [];
  return name === undefined || onlyPort === undefined ? { name: entry } : { name, onlyPort };
}

/** Whether an address lies in a block, such as `10.0.0.0/8`. A name lies in none. */
export function inBlock(host: string, block: string): boolean {
  const [network = '', length = ''] = block.split('/');
  const a = bitsOf(host);
  const b = bitsOf(bare(network));
  if (a === undefined || b === undefined || a.length !== b.length || !/^\d{1,3}$/.test(length)) return false;
  return Number(length) <= a.length && a.startsWith(b.slice(0, Number(length)));
}

/** An address as a text of zeros and ones, or undefined when it is a name. */
function bitsOf(host: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return toBits(host.split('.').map(Number), 8);
  if (!host.includes(':')) return undefined;
  const address = URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1);
  if (address === undefined) return undefined;
  const [before = '', after] = address.split('::');
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  return toBits([...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail], 16);
}

const groupsOf = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
const toBits = (numbers: readonly number[], width: number): string =>
  numbers.map((number) => number.toString(2).padStart(width, '0')).join('');
