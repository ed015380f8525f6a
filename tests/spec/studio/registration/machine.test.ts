import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toWorkerId } from '../../../../src/base/ids.ts';
import {
  type Effect,
  type Event,
  INITIAL,
  type Policy,
  type State,
  step,
} from '../../../../src/studio/registration/machine.ts';

const POLICY: Policy = { pollMs: 30_000, minWaitMs: 1_000, maxWaitMs: 600_000, denialsToStartOver: 5 };
const APPROVAL = { workerId: toWorkerId('w-1'), authToken: 'tok' };

const failed = fc.record(
  {
    is: fc.constant('failed' as const),
    message: fc.string(),
    status: fc.integer({ min: 300, max: 599 }),
    retryAfterMs: fc.oneof(fc.nat(), fc.double({ min: 0, max: 1e15, noNaN: true })),
  },
  { requiredKeys: ['is', 'message'] },
);
const requestId = fc.string({ minLength: 1, maxLength: 6 });
const now = fc.nat();
const workerId = fc.string({ minLength: 1 }).map(toWorkerId);
const authToken = fc.string({ minLength: 1 });
const approval = fc.record({ workerId, authToken });
const pollAnswer = fc.oneof(
  { weight: 3, arbitrary: fc.record({ is: fc.constant('pending' as const), longPoll: fc.boolean() }) },
  fc.record({ is: fc.constant('approved' as const), workerId, authToken }),
  fc.record({ is: fc.constant('rejected' as const), reason: fc.string() }),
  fc.record({ is: fc.constant('unknown' as const), message: fc.string() }),
  { weight: 4, arbitrary: fc.record({ is: fc.constant('unauthorized' as const), message: fc.string() }) },
  failed,
);
const requestAnswer = fc.oneof(
  fc.record({ is: fc.constant('pending' as const), requestId, longPoll: fc.boolean() }),
  failed,
);
const known = fc.oneof(fc.constant(undefined), approval, fc.record({ requestId }));
const someEvent: fc.Arbitrary<Event> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ type: fc.constant('started' as const), known, now }) },
  { weight: 8, arbitrary: fc.constant({ type: 'elapsed' as const }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('requested' as const), answer: requestAnswer, now }) },
  { weight: 12, arbitrary: fc.record({ type: fc.constant('polled' as const), answer: pollAnswer }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('saved' as const), ok: fc.boolean() }) },
  fc.record({ type: fc.constant('bootstrapped' as const), workerId, authToken }),
  fc.constant({ type: 'reset' as const }),
  fc.constant({ type: 'stop' as const }),
);
const walk = fc.array(someEvent, { maxLength: 60 });

interface Stride {
  readonly before: State;
  readonly event: Event;
  readonly after: State;
  readonly effects: readonly Effect[];
}

function strides(events: readonly Event[], from: State = INITIAL): Stride[] {
  let before = from;
  return events.map((event) => {
    const { state: after, effects } = step(before, event, POLICY);
    const stride = { before, event, after, effects };
    before = after;
    return stride;
  });
}

const does = (effects: readonly Effect[], ...what: Effect['do'][]): boolean =>
  effects.some((effect) => what.includes(effect.do));
const everyStride = (holds: (stride: Stride) => boolean): void =>
  fc.assert(fc.property(walk, (events) => strides(events).every(holds)));

test('whatever happened before, stop ends it for good', () => {
  fc.assert(
    fc.property(walk, walk, (before, after) => {
      const end = strides([...before, { type: 'stop' }]).at(-1)?.after ?? INITIAL;
      expect(end).toEqual({ at: 'stopped' });
      expect(strides(after, end).every(({ after, effects }) => after.at === 'stopped' && effects.length === 0)).toBe(
        true,
      );
    }),
  );
});

test('an approved worker makes no call until it is reset', () => {
  everyStride(
    ({ before, event, effects }) =>
      before.at !== 'approved' || event.type === 'reset' || !does(effects, 'create', 'poll'),
  );
});

test('a rejected worker makes no call until it is reset', () => {
  everyStride(
    ({ before, event, effects }) =>
      before.at !== 'rejected' || event.type === 'reset' || !does(effects, 'create', 'poll', 'wait'),
  );
});

test('one step makes one call or arms one timer, never more', () => {
  everyStride(
    ({ effects }) =>
      effects.filter(({ do: what }) => ['create', 'poll', 'wait', 'save-credentials'].includes(what)).length <= 1,
  );
});

test('every answer to a waiting worker leads to a next try or an end', () => {
  everyStride(({ before, event, after, effects }) => {
    const answered =
      (before.at === 'pristine' && event.type === 'requested') || (before.at === 'pending' && event.type === 'polled');
    return !answered || after.at === 'rejected' || does(effects, 'wait', 'poll', 'save-credentials');
  });
});

test('every wait lies between a second and ten minutes', () => {
  everyStride(({ effects }) =>
    effects.every((effect) => effect.do !== 'wait' || (effect.ms >= 1_000 && effect.ms <= 600_000)),
  );
});

test('a request keeps the moment it was made for as long as it pends', () => {
  everyStride(
    ({ before, event, after }) =>
      before.at !== 'pending' || after.at !== 'pending' || event.type === 'reset' || after.since === before.since,
  );
});

test('credentials are on disk before anybody else gets them', () => {
  everyStride(({ before, after, effects }) => {
    if (after.at !== 'approved' || before.at === 'approved') return true;
    return does(effects, 'save-credentials')
      ? !after.published && !does(effects, 'log')
      : after.credentials === 'saved';
  });
});

test('whoever leaves pending for pristine has dropped request and secret', () => {
  everyStride(
    ({ before, after, effects }) => before.at !== 'pending' || after.at !== 'pristine' || does(effects, 'forget'),
  );
});

test('an approval is announced once, however often its save fails', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean()), (saves) => {
      const events: Event[] = [
        { type: 'bootstrapped', ...APPROVAL },
        ...saves.flatMap((ok): Event[] => [{ type: 'saved', ok }, { type: 'elapsed' }]),
      ];
      const said = strides(events).flatMap(({ effects }) => effects.filter((effect) => effect.do === 'log'));
      expect(said).toHaveLength(saves.length > 0 ? 1 : 0);
    }),
  );
});

test('denials that a studio interrupts do not add up', () => {
  const denied: Event = { type: 'polled', answer: { is: 'unauthorized', message: 'no' } };
  const down: Event = { type: 'polled', answer: { is: 'failed', message: 'down', status: 503 } };
  const pending: State = { at: 'pending', requestId: 'rr-1', since: 0, denials: 0, longPoll: false };
  const four = [denied, denied, denied, denied];

  expect(strides([...four, down, ...four], pending).at(-1)?.after).toMatchObject({ at: 'pending', denials: 4 });
  expect(strides([...four, denied], pending).at(-1)?.after).toEqual({ at: 'pristine' });
});

test('a wait the studio asked for is never shortened', () => {
  const answer = { is: 'failed', message: 'slow down', status: 429, retryAfterMs: 45_000 } as const;
  const { effects } = step({ at: 'pristine' }, { type: 'requested', answer, now: 0 }, POLICY);

  expect(effects).toEqual([{ do: 'wait', ms: 45_000, atLeast: true, after: answer }]);
});

test('a studio that holds polls is asked again at once, within the limit', () => {
  const asked = step(
    INITIAL,
    { type: 'requested', answer: { is: 'pending', requestId: 'rr-1', longPoll: true }, now: 0 },
    POLICY,
  );
  expect(asked.effects).toContainEqual({ do: 'poll', requestId: 'rr-1', longPoll: true });
  const held = step(asked.state, { type: 'polled', answer: { is: 'pending', longPoll: true } }, POLICY);
  expect(held.effects).toEqual([{ do: 'wait', ms: POLICY.minWaitMs, atLeast: true }]);
  expect(step(held.state, { type: 'elapsed' }, POLICY).effects).toEqual([
    { do: 'poll', requestId: 'rr-1', longPoll: true },
  ]);
});

test('a failed poll restores plain waits until the studio offers held polls', () => {
  const from: State = { at: 'pending', requestId: 'rr-1', since: 0, denials: 0, longPoll: true };
  const failedPoll = step(from, { type: 'polled', answer: { is: 'failed', message: 'gone' } }, POLICY);
  expect(failedPoll.effects).toMatchObject([{ do: 'wait', ms: POLICY.pollMs }]);
  expect(step(failedPoll.state, { type: 'elapsed' }, POLICY).effects).toMatchObject([{ do: 'poll', longPoll: false }]);
});
