import { expect, test } from 'bun:test';
import { systemClock } from '../../../../../src/system/clock.ts';
import { type Dial, firstReachable, interleaved } from '../../../../../src/system/net/remote/dial.ts';
import { FakeClock, settle } from '../../../../fakes/system/fake-clock.ts';
import { failureOf } from '../../../../fakes/system/temp-folder.ts';

const { signal } = new AbortController();

/** An address that accepts, or not, when it is told to; what is dialled is noted. */
function setup() {
  const clock = new FakeClock();
  const dialled: string[] = [];
  const hungUp: string[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const dial: Dial = (address, _port, ending) => {
    dialled.push(address);
    ending.addEventListener('abort', () => void hungUp.push(address));
    const end = Promise.withResolvers<void>();
    ends.set(address, end);
    return end.promise;
  };
  const start = (addresses: readonly string[], ending = signal) =>
    firstReachable(addresses, { port: 1, clock, signal: ending, dial });
  return {
    clock,
    dialled,
    hungUp,
    start,
    accept: (address: string) => ends.get(address)?.resolve(),
    refuse: (address: string) => ends.get(address)?.reject(new Error(`${address} refuses`)),
  };
}

test.each([
  [
    ['1.1.1.1', '1.0.0.1', '::1', '::2', '::3'],
    ['1.1.1.1', '::1', '1.0.0.1', '::2', '::3'],
  ],
  [
    ['::1', '::2', '1.1.1.1'],
    ['::1', '1.1.1.1', '::2'],
  ],
  [['1.1.1.1', '1.1.1.1'], ['1.1.1.1']],
  [[], []],
])('families take turns, the first one first: %j', (addresses, order) => {
  expect(interleaved(addresses)).toEqual(order);
});

test('an address is overtaken after 250 ms and dropped once another connects', async () => {
  const { clock, dialled, hungUp, start, accept } = setup();
  const first = start(['a', 'b', 'c']);
  clock.advance(249);
  expect(dialled).toEqual(['a']);
  clock.advance(1);
  expect(dialled).toEqual(['a', 'b']);
  accept('b');
  expect(await first).toBe('b');
  expect(hungUp).toContain('a');
  expect(clock.armed).toBe(0);
});

test('a failed address is followed at once, and a slow one may win', async () => {
  const { clock, dialled, start, accept, refuse } = setup();
  const first = start(['a', 'b', 'c']);
  clock.advance(250);
  refuse('b');
  await settle();
  expect(dialled).toEqual(['a', 'b', 'c']);
  accept('a');
  expect(await first).toBe('a');
});

test('when all addresses fail, each is named with its reason', async () => {
  const { start, refuse } = setup();
  const failure = failureOf(start(['a', 'b']));
  refuse('a');
  await settle();
  refuse('b');
  expect(await failure).toMatchObject({ message: 'none of a, b accepts: a refuses; b refuses' });
});

test('a caller who leaves gets its own reason, and nothing stays open', async () => {
  const { clock, hungUp, start } = setup();
  const leaving = new AbortController();
  const failure = failureOf(start(['a', 'b'], leaving.signal));
  leaving.abort(new Error('enough'));
  expect(await failure).toMatchObject({ message: 'enough' });
  expect([hungUp, clock.armed]).toEqual([['a'], 0]);
});

test('of real addresses the one where somebody listens is found', async () => {
  for (const hostname of ['127.0.0.2', '::1']) {
    using server = Bun.listen({ hostname, port: 0, socket: { data: () => {} } });
    const { port } = server;
    const race = { port, clock: systemClock, signal };
    expect(await firstReachable(['127.0.0.1', '::1', '127.0.0.2'], race)).toBe(hostname);
    expect(String(await failureOf(firstReachable(['127.0.0.3', '127.0.0.4'], race)))).toContain('ECONNREFUSED');
  }
});
