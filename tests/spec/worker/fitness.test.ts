import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { RULES, unfit } from '../../../src/worker/fitness.ts';
import type { LiveFacts, OfferFacts } from '../../../src/worker/rules/offer-facts.ts';
import { anOffer } from '../../fakes/builders.ts';
import { EVERYTHING, FIT, NUMBERS } from '../../fakes/offer-facts.ts';

const live = (about: Partial<LiveFacts>): Partial<OfferFacts> => ({ live: { ...FIT.live, ...about } });
const against = (about: Partial<OfferFacts>) => unfit(anOffer(), { ...FIT, ...about });
const holder = { origin: 'studio', purpose: 'job-0', phase: 'running' } as const;

test('an idle worker takes the offer', () => {
  expect(against({})).toBeUndefined();
});

test('a worker with claiming off rejects every offer and says why', () => {
  expect(against({ claimingOff: true, ...live({ holders: [holder] }) })).toEqual({
    rule: 'claiming',
    rejection: { code: 'paused', reason: 'worker paused by operator' },
    because: 'claiming is off',
  });
});

test('a worker that runs only when idle rejects while the machine is in use', () => {
  expect(against({ onlyWhenIdle: true, userPresence: 'active' })).toEqual({
    rule: 'idle',
    rejection: { code: 'paused', reason: 'only when idle: the person is using this computer' },
    because: 'only_when_idle is set and this machine is in use',
  });
  expect(against({ onlyWhenIdle: true, userPresence: 'idle' })).toBeUndefined();
  expect(against({ onlyWhenIdle: false, userPresence: 'active' })).toBeUndefined();
});

test('unknown user activity counts as not idle and names nobody', () => {
  expect(against({ onlyWhenIdle: true, userPresence: undefined })).toEqual({
    rule: 'idle',
    rejection: { code: 'paused', reason: 'only when idle: whether a person is using this computer is not known' },
    because: 'only_when_idle is set and user activity is unknown',
  });
});

test.each([
  ['busy', live({ holders: [holder] }), 'already running job-0'],
  ['stopping', live({ stopping: true }), 'the worker is stopping'],
  ['outbox', live({ outboxSpace: 'full' }), 'the outbox is full of results that the studio does not have yet'],
  ['outbox', live({ outboxSpace: 'unread' }), 'the results of earlier runs are being read'],
  [
    'quarantine',
    live({ quarantinedMs: 1_800_000 }),
    'synthetic crashed the synthetic engine repeatedly; its offers are rejected for 30 min',
  ],
  ['device', { cpuRefusal: 'runs on the CPU although there is a GPU' }, 'runs on the CPU although there is a GPU'],
  ['load-failed', live({ loadFailure: 'no folder may hold a library' }), 'no folder may hold a library'],
] as const)('the rule %s is busy to the studio, and our log says why', (rule, about, because) => {
  expect(against(about)).toEqual({
    rule,
    rejection: { code: 'busy', reason: 'worker already has an in-flight job' },
    because,
  });
});

test('disabled kinds and unnamed models are reported to the studio paused', () => {
  const rejection = { code: 'paused', reason: 'worker paused by operator' } as const;
  expect(against({ choice: { kinds: { llm: false }, models: [] } })).toEqual({
    rule: 'kinds',
    rejection,
    because: 'llm tasks are off in [kinds]',
  });
  expect(against({ choice: { kinds: {}, models: ['z-image', 'onnx:*'] } })).toEqual({
    rule: 'models',
    rejection,
    because: 'supported_models_override does not name synthetic',
  });
  expect(against({ choice: { kinds: { video: false, llm: true }, models: ['synthetic:*'] } })).toBeUndefined();
});

test('a pause and a model turned off are both paused to the studio', () => {
  const rejection = { code: 'paused', reason: 'worker paused by operator' } as const;
  expect(against(live({ paused: true }))).toEqual({
    rule: 'paused',
    rejection,
    because: 'the operator paused the worker',
  });
  expect(against({ isTurnedOff: true })).toEqual({
    rule: 'turned-off',
    rejection,
    because: 'synthetic is turned off in the catalogue of this machine',
  });
});

test('an update waiting for the job rejects offers while claiming is on', () => {
  const because = 'an update is waiting to install';
  const rejection = { code: 'busy', reason: 'worker is installing an update' } as const;
  const waiting = live({ maintenance: true, holders: [holder] });
  expect(against({ ...waiting, onlyWhenIdle: true, memory: SHORT })).toEqual({ rule: 'updating', rejection, because });
  expect(against({ ...waiting, claimingOff: true })?.rule).toBe('claiming');
});

const SHORT = { is: 'does-not-fit', ...NUMBERS } as const;

test('an offer beyond free memory is rejected with the numbers', () => {
  const reason = 'insufficient device memory: needs 30.00 GiB, 20.04 GiB free (1.00 GiB kept in reserve)';
  expect(against({ memory: SHORT })).toEqual({
    rule: 'memory',
    rejection: { code: 'insufficient_memory', reason },
    because: reason,
  });
});

test('memory is judged before a running job, and after the person at the machine', () => {
  const atWork = { memory: SHORT, ...live({ holders: [holder] }) };
  expect(against(atWork)?.rule).toBe('memory');
  expect(against({ ...atWork, onlyWhenIdle: true, userPresence: 'active' })?.rule).toBe('idle');
});

const OUTSIDE = {
  what: 'schedule',
  isMet: false,
  isKnown: true,
  because: 'outside the hours of [[schedule]]',
} as const;

test('an unmet condition is paused to the studio, with its reason here', () => {
  expect(against({ conditions: [OUTSIDE] })).toEqual({
    rule: 'schedule',
    rejection: { code: 'paused', reason: 'worker paused by operator' },
    because: 'outside the hours of [[schedule]]',
  });
  expect(against({ conditions: [{ ...OUTSIDE, isMet: true }] })).toBeUndefined();
});

test('the first rule against an offer gives the reason', () => {
  const facts = fc.record({
    claimingOff: fc.boolean(),
    choice: fc.constantFrom(EVERYTHING, { kinds: { llm: false }, models: [] }, { kinds: {}, models: ['other'] }),
    isTurnedOff: fc.boolean(),
    conditions: fc.constantFrom([], [OUTSIDE]),
    onlyWhenIdle: fc.boolean(),
    thresholdGb: fc.constantFrom(0, 12),
    userPresence: fc.constantFrom('idle' as const, 'active' as const, undefined),
    cpuRefusal: fc.constantFrom('on the CPU', undefined),
    memory: fc.constantFrom(FIT.memory, { is: 'does-not-fit' as const, ...NUMBERS }),
    live: fc.record({
      paused: fc.boolean(),
      holders: fc.constantFrom([], [holder]),
      maintenance: fc.boolean(),
      stopping: fc.boolean(),
      outboxSpace: fc.constantFrom('free' as const, 'full' as const, 'unread' as const),
      quarantinedMs: fc.constantFrom(0, 60_000),
      loadFailure: fc.constantFrom('no library', undefined),
    }),
  });
  fc.assert(
    fc.property(facts, (some) => {
      const first = RULES.find((rule) => rule.against(some, anOffer()) !== undefined);
      expect<string | undefined>(unfit(anOffer(), some)?.rule).toBe(first?.name);
    }),
  );
});

test('facts only a running worker knows reject nothing without one', () => {
  const rules = RULES.filter(({ isLive }) => isLive);
  expect(rules.map(({ name }) => name)).toEqual([
    'paused',
    'updating',
    'busy',
    'stopping',
    'outbox',
    'quarantine',
    'load-failed',
  ]);
  expect(rules.map((rule) => rule.against({ ...FIT, live: undefined }, anOffer()))).toEqual(rules.map(() => undefined));
});
