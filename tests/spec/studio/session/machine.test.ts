import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isFinalClose } from '../../../../src/contract/frames/close-codes.ts';
import { backoffMs } from '../../../../src/studio/session/backoff.ts';
import {
  type Effect,
  type Event,
  type Policy,
  type State,
  step,
  type Timer,
  TIMERS,
} from '../../../../src/studio/session/machine.ts';

const policy: Policy = {
  maxFailures: 0,
  connectMs: 15_000,
  silenceMs: 20_000,
  heartbeatMs: 5_000,
  flushMs: 1_000,
  maxRetryAfterMs: 300_000,
  backoffMs,
  isFinal: isFinalClose,
  authFailedCode: 4001,
  revokedCode: 4004,
};
const dropped: Event = { type: 'lost', code: 1006, reason: '' };
const welcome: Event = { type: 'received', frame: 'welcome' };
const other: Event = { type: 'received', frame: 'other' };
const elapsed = (timer: Timer): Event => ({ type: 'elapsed', timer });
const reported = (code: number): Event => ({ type: 'reported', code, message: 'kaboom' });

/** The machine after these events, and what the last of them led to. */
function after(events: readonly Event[], rules: Partial<Policy> = {}): { state: State; effects: readonly Effect[] } {
  return events.reduce<{ state: State; effects: readonly Effect[] }>(
    ({ state }, event) => step(state, event, { ...policy, ...rules }),
    { state: { at: 'idle' }, effects: [] },
  );
}
const opened: readonly Event[] = [{ type: 'start' }, { type: 'opened' }];
const live: readonly Event[] = [...opened, welcome];
const armed = (effects: readonly Effect[]) =>
  effects.flatMap((effect) => (effect.do === 'arm' ? [[effect.timer, effect.ms]] : []));
const done = (effects: readonly Effect[]) => effects.map((effect) => effect.do);

test('a start connects within a budget', () => {
  expect(after([{ type: 'start' }])).toEqual({
    state: { at: 'connecting', failures: 0 },
    effects: [{ do: 'arm', timer: 'connect', ms: 15_000 }, { do: 'connect' }],
  });
});

test('an open socket says hello and starts to listen for silence', () => {
  const { state, effects } = after(opened);
  expect(state.at).toBe('greeting');
  expect(effects).toEqual([
    { do: 'disarm', timer: 'connect' },
    { do: 'send-hello' },
    { do: 'arm', timer: 'silence', ms: 20_000 },
  ]);
});

test('the welcome sends a heartbeat and the logs at once and keeps both going', () => {
  const { state, effects } = after(live);
  expect(state).toEqual({ at: 'live' });
  expect(done(effects).filter((what) => what !== 'arm')).toEqual(['send-heartbeat', 'flush-logs']);
  expect(armed(effects)).toEqual([
    ['silence', 20_000],
    ['heartbeat', 5_000],
    ['logs', 1_000],
  ]);
});

test('a second welcome on one socket only counts as a sign of life', () => {
  expect(after([...live, welcome]).effects).toEqual([{ do: 'arm', timer: 'silence', ms: 20_000 }]);
});

test('any frame is a sign of life, before the welcome too', () => {
  expect(armed(after([...opened, other]).effects)).toEqual([['silence', 20_000]]);
  expect(armed(after([...live, other]).effects)).toEqual([['silence', 20_000]]);
});

test('a tick sends and arms the next one', () => {
  expect(done(after([...live, elapsed('heartbeat')]).effects)).toEqual(['send-heartbeat', 'arm']);
  expect(done(after([...live, elapsed('logs')]).effects)).toEqual(['flush-logs', 'arm']);
});

test('a beat on demand moves the next tick', () => {
  expect(after([...live, { type: 'beat' }]).effects).toEqual([
    { do: 'send-heartbeat' },
    { do: 'arm', timer: 'heartbeat', ms: 5_000 },
  ]);
  expect(after([...opened, { type: 'beat' }]).effects).toEqual([]);
});

test('silence hangs up without waiting for the socket to say so', () => {
  for (const start of [opened, live]) {
    const { state, effects } = after([...start, elapsed('silence')]);
    expect(state).toEqual({ at: 'backing-off', failures: 1 });
    expect(effects[0]).toEqual({ do: 'hang-up', reason: 'session ended' });
  }
});

test('an upgrade that is never answered is given up after the budget', () => {
  const { state, effects } = after([{ type: 'start' }, elapsed('connect')]);
  expect(state).toEqual({ at: 'backing-off', failures: 1 });
  expect(done(effects)).toEqual(['hang-up', 'disarm', 'arm']);
});

test('failures to get in add up and a welcome wipes the slate', () => {
  const failing = [{ type: 'start' }, dropped, elapsed('backoff'), dropped, elapsed('backoff')] as const;
  expect(after([...failing, dropped]).state).toEqual({ at: 'backing-off', failures: 3 });
  const welcomed = [...failing, { type: 'opened' }, welcome, dropped] as const;
  expect(after(welcomed).state).toEqual({ at: 'backing-off', failures: 1 });
});

test.each([4001, 4003])('close %d ends the session for good', (code) => {
  expect(after([...live, { type: 'lost', code, reason: '' }]).state).toEqual({
    at: 'closed',
    because: 'refused',
    code,
  });
});

test.each([1000, 1006, 1011, 1012, 4002])('the session reconnects after close %d', (code) => {
  expect(after([...live, { type: 'lost', code, reason: '' }]).state.at).toBe('backing-off');
});

test('an upgrade answered with 401 ends the session, 403 and 409 do not', () => {
  const refused = (status: number) =>
    after([{ type: 'start' }, { type: 'lost', code: 1006, reason: '', status }]).state;
  expect(refused(401)).toEqual({ at: 'closed', because: 'refused', code: 4001 });
  expect(refused(403).at).toBe('backing-off');
  expect(refused(409).at).toBe('backing-off');
});

test.each([
  [4001, 'closed', 'auth failed'],
  [4003, 'closed', 'protocol violation'],
  [4002, 'backing-off', 'protocol violation'],
  [1000, 'backing-off', 'protocol violation'],
] as const)('an error frame of %d at the gate leaves the session %s, saying %s', (code, at, reason) => {
  const { state, effects } = after([...opened, reported(code)]);
  expect(state.at).toBe(at);
  expect(effects[0]).toEqual({ do: 'hang-up', reason });
});

test.each([
  ['a close with 4004', [...live, { type: 'lost', code: 4004, reason: 'gone' }]],
  ['a close with 4004 at the gate', [...opened, { type: 'lost', code: 4004, reason: 'gone' }]],
  ['its error frame', [...live, { type: 'reported', code: 4004, message: 'gone' }]],
  ['a 404 on the upgrade', [{ type: 'start' }, { type: 'lost', code: 1006, reason: 'gone', status: 404 }]],
] as const)('%s revokes the registration, and the session waits with no timer', (_how, events) => {
  const { state, effects } = after(events);
  expect(state).toEqual({ at: 'idle' });
  expect(effects.at(-1)).toEqual({ do: 'report-revoked', reason: 'gone' });
  expect(armed(effects)).toEqual([]);
});

test('a revoking error frame before the welcome is repeated in our close', () => {
  expect(after([...opened, reported(4004)]).effects[0]).toEqual({ do: 'hang-up', reason: 'registration revoked' });
});

test('an error frame after the welcome closes as a normal end', () => {
  expect(after([...live, reported(4003)]).effects[0]).toEqual({ do: 'hang-up', reason: 'session ended' });
  expect(after([...live, reported(1000)]).state).toEqual({ at: 'backing-off', failures: 1 });
});

test.each([
  [undefined, 1_000],
  [500, 1_000],
  [7_000, 7_000],
  [86_400_000, 300_000],
])('Retry-After of %p waits %d ms', (retryAfterMs, waitMs) => {
  const lost: Event = { type: 'lost', code: 1006, reason: '', status: 503, retryAfterMs };
  expect(armed(after([{ type: 'start' }, lost]).effects)).toEqual([['backoff', waitMs]]);
});

test.each([
  [0, 1000, false],
  [5, 5, false],
  [5, 6, true],
  [1, 2, true],
])('with a cap of %d, failure %d gives up: %p', (maxFailures, failure, givesUp) => {
  const events: Event[] = [{ type: 'start' }, dropped];
  for (let count = 1; count < failure; count++) events.push(elapsed('backoff'), dropped);
  const { state } = after(events, { maxFailures });
  expect(state).toEqual(
    givesUp ? { at: 'closed', because: 'gave-up', failures: failure } : { at: 'backing-off', failures: failure },
  );
});

test('without credentials the session waits for a new start', () => {
  const waiting = after([{ type: 'start' }, { type: 'unapproved' }]);
  expect(waiting).toEqual({ state: { at: 'idle' }, effects: [{ do: 'disarm', timer: 'connect' }] });
  expect(after([{ type: 'start' }, { type: 'unapproved' }, { type: 'start' }]).state.at).toBe('connecting');
});

test('a stop while live ships the logs before the goodbye', () => {
  const { effects } = after([...live, { type: 'stop' }]);
  expect(done(effects).slice(-2)).toEqual(['flush-logs', 'hang-up']);
});

test('a stop without a socket says goodbye to nobody', () => {
  expect(after([{ type: 'stop' }]).effects).toEqual([]);
  expect(done(after([{ type: 'start' }, dropped, { type: 'stop' }]).effects)).toEqual(['disarm']);
});

const anEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<Event>({ type: 'start' }, { type: 'opened' }, welcome, other) },
  { weight: 3, arbitrary: fc.constantFrom<Timer>('connect', 'silence', 'heartbeat', 'logs', 'backoff').map(elapsed) },
  { weight: 1, arbitrary: fc.constantFrom<Event>({ type: 'beat' }, { type: 'unapproved' }) },
  { weight: 2, arbitrary: fc.constantFrom(1000, 1006, 4001, 4002, 4003, 4004).map(reported) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('lost' as const),
      code: fc.constantFrom(1000, 1006, 4001, 4002, 4004),
      reason: fc.constant(''),
      status: fc.option(fc.constantFrom(401, 404, 503), { nil: undefined }),
      retryAfterMs: fc.option(fc.nat(), { nil: undefined }),
    }),
  },
);
const aWalk = fc.array(anEvent, { maxLength: 60 });

/** Calls back after each step of a walk. */
function walk(events: readonly Event[], maxFailures: number, onStep: (to: State, effects: readonly Effect[]) => void) {
  let state: State = { at: 'idle' };
  for (const event of events) {
    const next = step(state, event, { ...policy, maxFailures });
    state = next.state;
    onStep(state, next.effects);
  }
  return state;
}

test('whatever happened before, a stop closes and leaves no timer', () => {
  fc.assert(
    fc.property(aWalk, fc.nat(3), (events, maxFailures) => {
      const state = walk([...events, { type: 'stop' }], maxFailures, () => {});
      expect(state.at).toBe('closed');
      expect(step(state, { type: 'start' }, policy)).toEqual({ state, effects: [] });
    }),
  );
});

test('the timers that run are always those of the state', () => {
  fc.assert(
    fc.property(aWalk, (events) => {
      const running = new Set<Timer>();
      let state: State = { at: 'idle' };
      for (const event of events) {
        // A timer fires only while it runs, and once.
        if (event.type === 'elapsed' && !running.delete(event.timer)) continue;
        const next = step(state, event, policy);
        state = next.state;
        for (const effect of next.effects) {
          if (effect.do === 'arm') running.add(effect.timer);
          if (effect.do === 'disarm') running.delete(effect.timer);
        }
        expect([...running].toSorted()).toEqual([...TIMERS[state.at]].toSorted());
      }
    }),
  );
});

test('a socket carries hello once, and nothing else before the welcome', () => {
  fc.assert(
    fc.property(aWalk, (events) => {
      let said: string[] = [];
      walk(events, 0, (state, effects) => {
        for (const effect of effects) {
          if (effect.do === 'connect') said = [];
          if (effect.do === 'send-hello' || effect.do === 'send-heartbeat' || effect.do === 'flush-logs') {
            said.push(effect.do);
            if (effect.do !== 'send-hello') expect(state.at).toBe('live');
          }
        }
        expect(said.filter((what) => what === 'send-hello').length).toBeLessThanOrEqual(1);
        if (said.length > 0) expect(said[0]).toBe('send-hello');
      });
    }),
  );
});
