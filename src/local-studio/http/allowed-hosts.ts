import { isLoopback } from '../../base/urls.ts';

/** As URLs hold them, which have been checked: IPv6 in brackets, IPv4 as four numbers. */
const ADDRESS = /^\[.*\]$|^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Whether a studio answers requests that were sent to this host name, without a port. */
export type AllowsHost = (hostname: string) => boolean;

/**
 * A page in a browser can have its own name lead to this machine, and then sends requests here as if it were at home (DNS
 * rebinding). Its name is in the Host header. Addresses have no name to rebind; names count when they are `named`.
 */
export function createAllowedHosts(named: readonly string[]): AllowsHost {
  const names = new Set(named.map(plain));
  return (hostname) => {
    const host = plain(hostname);
    return isLoopback(host) || ADDRESS.test(host) || names.has(host);
  };
}

/** One name, one form: the case and the dot of the root make no difference in DNS. */
const plain = (name: string): string => name.trim().toLowerCase().replace(/\.$/, '');
