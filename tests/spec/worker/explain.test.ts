import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../src/base/ids.ts';
import { explain, type OfferSnapshot } from '../../../src/worker/explain.ts';
import { RULES } from '../../../src/worker/fitness.ts';
import type { OfferFacts } from '../../../src/worker/rules/offer-facts.ts';
import { anOffer, aTask, synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { notReady, READY } from '../../../src/engines/readiness.ts';
import { FIT, NUMBERS } from '../../fakes/offer-facts.ts';

const now: OfferSnapshot = {
  facts: FIT,
  engines: [new ScriptedEngine()],
  readiness: READY,
  refusedUrl: undefined,
};

/** What is explained of an offer, and the report of the rule that is asked about. */
function explained(facts: Partial<OfferFacts>, offer = anOffer(), about: Partial<OfferSnapshot> = {}) {
  const { rules, verdict, because } = explain(offer, { ...now, ...about, facts: { ...FIT, ...facts } });
  const of = (rule: string) => rules.find((one) => one.rule === rule);
  return { verdict, because, of };
}

test('an idle worker would take the offer, and every rule is shown', () => {
  const { rules, verdict, because } = explain(anOffer(), now);
  expect([verdict, because]).toEqual(['taken', '']);
  expect(rules.map(({ rule, outcome }) => `${rule} ${outcome}`)).toEqual([
    'claiming passes',
    'paused passes',
    'kinds passes',
    'models passes',
    'turned-off passes',
    'schedule passes',
    'battery passes',
    'programs passes',
    'full-screen passes',
    'updating passes',
    'idle passes',
    'memory passes',
    'threshold passes',
    'busy passes',
    'stopping passes',
    'outbox passes',
    'quarantine passes',
    'device passes',
    'load-failed passes',
    'engine passes',
    'kind passes',
    'ready passes',
    'files passes',
    'urls passes',
  ]);
});

test('a URL the guard refuses fails the job with its reason', () => {
  const because = 'model URL must use https (loopback http is allowed for tests/mirrors): ftp://cdn.example/m';
  const { verdict, of, ...said } = explained({}, anOffer(), { refusedUrl: because });
  expect([verdict, said.because]).toEqual(['fails', because]);
  expect(of('urls')).toMatchObject({ outcome: 'fails', because });
});

test('rejecting rules come first, in the worker’s own order', () => {
  const { rules } = explain(anOffer(), now);
  expect(rules.slice(0, RULES.length).map(({ rule }) => rule)).toEqual(RULES.map(({ name }) => name));
});

test('without a running worker nobody can tell what only it knows', () => {
  const { verdict, of } = explained({ live: undefined });
  expect(verdict).toBe('taken');
  for (const rule of ['updating', 'busy', 'stopping', 'outbox', 'quarantine', 'load-failed'] as const) {
    expect(of(rule)).toEqual({
      rule,
      inputs: {},
      outcome: 'unknown',
      because: 'no worker runs with this config',
    });
  }
});

test('memory is shown with the numbers it was decided by', () => {
  const { because, of } = explained({ memory: { is: 'does-not-fit', ...NUMBERS } });
  expect(because).toBe('insufficient device memory: needs 30.00 GiB, 20.04 GiB free (1.00 GiB kept in reserve)');
  expect(of('memory')).toMatchObject({
    outcome: 'rejects',
    inputs: { needGb: 30, needFrom: 'estimate', freeGb: 20, gpu: 'RTX 4090' },
  });
  const unloading = explained({ memory: { is: 'fits-after-unloading', unload: [toModelId('qwen')], ...NUMBERS } });
  expect(unloading.of('memory')).toMatchObject({ outcome: 'passes', because: 'after unloading qwen' });
  expect(explained({ memory: { is: 'fits', ...NUMBERS } }).of('memory')).toMatchObject({
    outcome: 'passes',
    because: '',
  });
});

test('an estimate above the threshold is rejected, with both numbers', () => {
  const { verdict, because, of } = explained({}, anOffer({ vramGbEstimate: 30 }));
  expect([verdict, of('threshold')?.outcome]).toEqual(['rejected', 'rejects']);
  expect(because).toBe('the job is estimated at 30 GiB, and vram_threshold_gb allows 12 GiB');
  expect(of('threshold')?.inputs).toEqual({ estimateGb: 30, vram_threshold_gb: 12 });
});

test('an offer for an absent engine is accepted and its job fails', () => {
  const offer = anOffer({ modelSource: { ...synthetic, engine: 'sd-cpp' } });
  const { verdict, because, of } = explained({}, offer, { readiness: undefined });
  expect([verdict, because]).toEqual([
    'fails',
    'no `sdcpp` engine compiled into this worker (model `synthetic` requires it).',
  ]);
  expect([of('kind')?.outcome, of('ready')?.outcome]).toEqual(['unknown', 'unknown']);
});

test('an unserved kind and an unready engine fail by name', () => {
  expect(explained({}, anOffer({ task: aTask({ kind: 'audio_tts', text: 'hi' }) })).because).toBe(
    'synthetic engine cannot serve audio_tts tasks',
  );
  const readiness = notReady({ because: 'no Vulkan loader', hint: 'Install libvulkan1.' });
  expect(explained({}, anOffer(), { readiness }).because).toBe('no Vulkan loader. Install libvulkan1.');
});

test('a torch mesh fails with its job’s words where torch cannot run', async () => {
  const task = aTask({ kind: 'mesh', imageUrl: 'https://example.invalid/p.png' });
  const offer = anOffer({ task, modelSource: { ...synthetic, engine: 'torch' } });
  const { verdict, because, of } = explained({}, offer, { readiness: undefined });
  expect([verdict, because]).toEqual(['fails', 'torch engine cannot serve mesh tasks']);
  expect(of('kind')).toMatchObject({ outcome: 'fails', inputs: { kind: 'mesh', served: '' } });
});

test('a chat about images fails by name without a projector', () => {
  const task = aTask({
    kind: 'llm',
    messages: [{ role: 'user', content: 'what is it?' }],
    images: ['https://e.com/a'],
  });
  const { verdict, because, of } = explained({}, anOffer({ task }));
  expect(verdict).toBe('fails');
  expect(because).toStartWith('model `synthetic` reads no images: its model source has no vision projector');
  expect(of('images')?.inputs).toEqual({ images: 1 });
  expect(explained({}).of('images')).toBeUndefined();
});

test('whatever rejects is named before what would fail later', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (claimingOff, stopping, ready) => {
      const readiness = ready ? READY : notReady({ because: 'no', hint: 'do' });
      const facts = { claimingOff, live: { ...FIT.live, stopping } };
      const { verdict } = explained(facts, anOffer(), { readiness });
      return verdict === (claimingOff || stopping ? 'rejected' : ready ? 'taken' : 'fails');
    }),
  );
});

test('an engine on the CPU beside a GPU warns or rejects, by the config', () => {
  const whyNotGpu = { because: 'there is an RTX 4090', hint: 'Install libvulkan1.' };
  const where = { on: 'cpu', whyNotGpu } as const;
  expect(explained({}, anOffer(), { readiness: { ready: true, where } }).of('device')).toMatchObject({
    outcome: 'warns',
    because: 'there is an RTX 4090. Install libvulkan1.',
  });
  expect(explained({ cpuRefusal: 'there is an RTX 4090' })).toMatchObject({
    verdict: 'rejected',
    because: 'there is an RTX 4090',
  });
});
