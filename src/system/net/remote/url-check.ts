import { lookup } from 'node:dns/promises';
import { WorkerError } from '../../../base/errors.ts';
import type { Clock } from '../../clock.ts';
import { checkedAddresses, checkUrl, type Resolve, type UrlPolicy } from './net-guard.ts';

/** The addresses of a name, as this machine's system knows them. */
export const systemResolve: Resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

export interface UrlCheckOptions {
  readonly clock: Pick<Clock, 'after'>;
  readonly allowPrivate: () => boolean;
  /** The system's own when left out. */
  readonly resolve?: Resolve;
}

/** Why a URL that an offer names would be refused; undefined when nothing stands against it. Nothing is sent to it. */
export type CheckOfferedUrl = (what: string, url: string) => Promise<WorkerError | undefined>;

/** What waits longer for the addresses of a name is answered without them. */
const RESOLVE_MS = 2_000;

/**
 * The check that a request for the URL begins with, addresses included. A name that cannot be looked up now may be known
 * when a job needs it, so nothing is held against it.
 */
export const createUrlCheck =
  ({ clock, allowPrivate, resolve = systemResolve }: UrlCheckOptions): CheckOfferedUrl =>
  async (what, url) => {
    const policy: UrlPolicy = { what, allowPrivate: allowPrivate() };
    const inTime: Resolve = async (host) => {
      const late = Promise.withResolvers<never>();
      const disarm = clock.after(RESOLVE_MS, () => late.reject(new Error('no answer'))); // as a name that is not found: passed over below
      return await Promise.race([resolve(host), late.promise]).finally(disarm);
    };
    try {
      await checkedAddresses(checkUrl(url, policy), policy, inTime);
      return undefined;
    } catch (thrown) {
      return refusalIn(thrown);
    }
  };

const refusalIn = (thrown: unknown): WorkerError | undefined =>
  thrown instanceof WorkerError && thrown.code === 'url.refused' ? thrown : undefined;
