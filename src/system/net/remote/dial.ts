import { connect } from 'node:net';
import { errorChain } from '../../../base/errors.ts';
import type { Clock } from '../../clock.ts';

/** Opens a TCP connection to an address and closes it again. Rejects when nobody accepts it, or on abort. */
export type Dial = (address: string, port: number, signal: AbortSignal) => Promise<void>;

/** What a race between addresses goes by. */
export interface Race {
  readonly port: number;
  readonly clock: Pick<Clock, 'after'>;
  readonly signal: AbortSignal;
  /** By the system's TCP when left out. */
  readonly dial?: Dial;
}

/** How long an address has to accept before the next one is dialled beside it (RFC 8305 §8). */
const STAGGER_MS = 250;

/**
 * The first address that accepts a connection: each is dialled once the one before has failed or had its 250 ms, and
 * the others are hung up on when one has accepted (RFC 8305, "Happy Eyeballs"). A fetch alone would not show whether it
 * waits for a connection or for an answer, so a slow peer would be asked twice.
 *
 * @throws AggregateError when none accepts, its message with the reason of each; the signal's reason on abort
 */
export async function firstReachable(addresses: readonly string[], race: Race): Promise<string> {
  const { port, clock, dial = dialTcp } = race;
  const over = new AbortController();
  const signal = AbortSignal.any([race.signal, over.signal]);
  const waiting = [...addresses];
  const failures: unknown[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let disarm = (): void => {};
  const onFailed = (thrown: unknown): void => {
    failures.push(thrown);
    if (failures.length === addresses.length) reject(noneReachable(addresses, failures));
    else dialNext();
  };
  const dialNext = (): void => {
    disarm();
    const address = waiting.shift();
    if (address === undefined || signal.aborted) return;
    disarm = clock.after(STAGGER_MS, dialNext);
    dial(address, port, signal).then(() => resolve(address), onFailed);
  };
  const onAbort = (): void => reject(race.signal.reason);
  race.signal.addEventListener('abort', onAbort);
  if (race.signal.aborted) onAbort();
  dialNext();
  try {
    return await promise;
  } finally {
    disarm();
    race.signal.removeEventListener('abort', onAbort);
    over.abort();
  }
}

const noneReachable = (addresses: readonly string[], failures: readonly unknown[]): AggregateError =>
  new AggregateError(failures, `none of ${addresses.join(', ')} accepts: ${failures.map(errorChain).join('; ')}`);

const dialTcp: Dial = (address, port, signal) =>
  new Promise<void>((resolve, reject) => {
    const socket = connect({ host: address, port });
    const hangUp = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', hangUp, { once: true });
    socket.once('close', () => signal.removeEventListener('abort', hangUp));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
  });

/** Addresses with their families in turn, so that one dead family costs one attempt (RFC 8305 §4); each one once. */
export function interleaved(addresses: readonly string[]): readonly string[] {
  const families = [...Map.groupBy(new Set(addresses), (address) => address.includes(':')).values()];
  const longest = Math.max(0, ...families.map((family) => family.length));
  return Array.from({ length: longest }, (_, at) => families.flatMap((family) => family.slice(at, at + 1))).flat();
}
