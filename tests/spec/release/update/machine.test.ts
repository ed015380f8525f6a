import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Effect, type Event, type Policy, type State, step } from '../../../../src/release/update/machine.ts';

const POLICY: Policy = { maxDrainMs: 1_800_000, maxFaults: 2 };
const FOUND: Event = { type: 'found', version: '0.6.0' };
const WORKS: readonly Event[] = [
  { type: 'due' },
  FOUND,
  { type: 'staged' },
  { type: 'leased' },
  { type: 'passed' },
  { type: 'swapped' },
];

/** What is done on the way, and where it ends. */
function walk(events: readonly Event[], from: State = { at: 'idle' }) {
  let state = from;
  const effects: Effect[] = [];
  for (const event of events) {
    const next = step(state, event, POLICY);
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, did: effects.map((effect) => effect.do), effects };
}
const upTo = (count: number, ...then: readonly Event[]) => walk([...WORKS.slice(0, count), ...then]);

test('an update is checked, staged, tried, swapped in and started in order', () => {
  const { state, did } = walk(WORKS);
  expect(state).toEqual({ at: 'swapped', version: '0.6.0' });
  expect(did).toEqual(['disarm-check', 'check', 'stage', 'wait-for-lease', 'try', 'swap', 'restart']);
});

test('a running job delays an update as long as the policy says', () => {
  expect(upTo(3).effects.at(-1)).toEqual({ do: 'wait-for-lease', version: '0.6.0', ms: 1_800_000 });
});

test('a job that outlasts its limit delays the update to the next check', () => {
  const { state, did } = upTo(3, { type: 'limit' });
  expect(state).toEqual({ at: 'idle' });
  expect(did.slice(-2)).toEqual(['resume', 'arm-check']);
});

test.each([
  ['nothing newer', { type: 'nothing' }],
  ['a feed that cannot be read', { type: 'failed', because: '503', faults: 0 }],
] as const)('%s means another check later', (_what, event) => {
  expect(upTo(1, event)).toMatchObject({
    state: { at: 'idle' },
    effects: expect.arrayContaining([{ do: 'arm-check' }]),
  });
});

test('a first fault of a version is forgiven, the second shelves it', () => {
  const fault = (faults: number): Event => ({ type: 'failed', because: 'the archive is another', faults });
  expect(upTo(2, fault(0)).state).toEqual({ at: 'idle' });
  expect(upTo(2, fault(1)).state).toEqual({ at: 'idle' });
  const { state, did } = upTo(2, fault(2));
  expect(state).toEqual({ at: 'shelved', version: '0.6.0', because: 'the archive is another' });
  expect(did.slice(-3)).toEqual(['shelve', 'resume', 'arm-check']);
});

test('a version that does not serve is shelved and the old one resumes', () => {
  const { state, did } = upTo(4, { type: 'died', because: 'exited with 1' });
  expect(state).toEqual({ at: 'shelved', version: '0.6.0', because: 'exited with 1' });
  expect(did.slice(-3)).toEqual(['shelve', 'resume', 'arm-check']);
});

test('a swap that fails once brings the old worker back and blames nobody yet', () => {
  const { state, did } = upTo(5, { type: 'failed', because: 'no space', faults: 1 });
  expect(state).toEqual({ at: 'rolled-back', version: '0.6.0', because: 'no space' });
  expect(did).not.toContain('shelve');
  expect(did.slice(-2)).toEqual(['resume', 'arm-check']);
});

test.each(['shelved', 'rolled-back'] as const)('%s is a state to rest in: the next check comes', (at) => {
  const rest: State = { at, version: '0.6.0', because: 'it died' };
  expect(walk([{ type: 'due' }], rest)).toMatchObject({ state: { at: 'checking' }, did: ['disarm-check', 'check'] });
});

test('stopping cancels whatever is under way, at every step before the swap is done', () => {
  for (let count = 0; count < WORKS.length; count++) {
    const { state, did } = upTo(count, { type: 'stop' });
    expect(state).toEqual({ at: 'idle' });
    expect(did.slice(-2)).toEqual(['disarm-check', 'cancel']);
  }
});

test('a version already swapped in stays when the worker stops', () => {
  expect(upTo(WORKS.length, { type: 'stop' }).state).toEqual({ at: 'swapped', version: '0.6.0' });
});

const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  ...WORKS.map((event) => fc.constant(event)),
  fc.constantFrom<Event>({ type: 'nothing' }, { type: 'limit' }, { type: 'stop' }, { type: 'died', because: 'x' }),
  fc.nat(3).map((faults): Event => ({ type: 'failed', because: 'x', faults })),
);

test('whatever happens, nothing is swapped in that was not staged, leased and tried', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      const order = ['check', 'stage', 'wait-for-lease', 'try', 'swap', 'restart'];
      let reached = -1;
      for (const done of walk(events).did) {
        const at = order.indexOf(done);
        if (at === 0) reached = 0;
        else if (at > 0) {
          expect(at).toBe(reached + 1);
          reached = at;
        }
      }
    }),
  );
});

test('the updater is always under way, has a check armed, or has ended', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let state: State = { at: 'idle' };
      let armed = true; // by the driver, as it starts
      let stopped = false;
      for (const event of events) {
        const next = step(state, event, POLICY);
        for (const effect of next.effects) {
          if (effect.do === 'arm-check') armed = true;
          if (effect.do === 'disarm-check') armed = false;
        }
        if (event.type === 'stop') stopped = true;
        if (event.type === 'due' && next.state.at === 'checking') stopped = false;
        ({ state } = next);
        const rests = state.at === 'idle' || state.at === 'rolled-back' || state.at === 'shelved';
        expect(rests && !stopped).toBe(armed && rests && !stopped);
        expect(!rests && armed).toBe(false);
      }
    }),
  );
});
