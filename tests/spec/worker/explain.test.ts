import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../src/base/ids.ts';
import { explain, type OfferFacts } from '../../../src/worker/explain.ts';
import { anOffer, aTask, synthetic } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { notReady, READY } from '../../../src/engines/readiness.ts';

const free: OfferFacts = {
  paused: false,
  onlyWhenIdle: false,
  userPresence: undefined,
  running: { busy: false, stopping: false },
  thresholdGb: 12,
  allowCpu: true,
  engines: [new ScriptedEngine()],
  readiness: READY,
  memory: { is: 'unknown', because: 'the synthetic engine needs no GPU memory' },
};
const NUMBERS = { needGb: 30, needFrom: 'estimate', freeGb: 20.04, totalGb: 24, marginGb: 1, gpu: 'RTX 4090' } as const;

/** What is said of an offer, and by the rule that is asked about. */
function said(about: Partial<OfferFacts>, offer = anOffer()) {
  const { rules, verdict, because } = explain(offer, { ...free, ...about });
  const of = (rule: string) => rules.find((one) => one.rule === rule);
  return { verdict, because, of };
}

test('an idle worker would take the offer, and every rule has its say', () => {
  const { rules, verdict, because } = explain(anOffer(), free);
  expect([verdict, because]).toEqual(['taken', '']);
  expect(rules.map(({ rule, says }) => `${rule} ${says}`)).toEqual([
    'paused passes',
    'idle passes',
    'busy passes',
    'memory passes',
    'threshold passes',
    'engine passes',
    'kind passes',
    'ready passes',
    'device passes',
  ]);
});

test('a rule that rejects gives the reason the studio would get', () => {
  expect(said({ paused: true })).toMatchObject({ verdict: 'rejected', because: 'worker paused by operator' });
  expect(said({ onlyWhenIdle: true }).because).toBe('only when idle: the person is using this computer');
  expect(said({ onlyWhenIdle: true, userPresence: 'idle' }).verdict).toBe('taken');
  expect(said({ running: { busy: true, stopping: false } }).because).toBe('worker already has an in-flight job');
  expect(said({ running: { busy: false, stopping: true } }).verdict).toBe('rejected');
});

test('without a running worker nobody can tell whether it is busy', () => {
  const { verdict, of } = said({ running: undefined });
  expect(verdict).toBe('taken');
  expect(of('busy')).toMatchObject({ says: 'unknown', because: 'no worker runs with this config' });
});

test('memory is told with the numbers it was decided by', () => {
  const { because, of } = said({ memory: { is: 'does-not-fit', ...NUMBERS } });
  expect(because).toStartWith('30.0 GiB of GPU memory needed by the estimate');
  expect(of('memory')).toMatchObject({ says: 'rejects', inputs: { needGb: 30, freeGb: 20, gpu: 'RTX 4090' } });
  const unloading = said({ memory: { is: 'fits-after-unloading', unload: [toModelId('qwen')], ...NUMBERS } });
  expect(unloading.of('memory')).toMatchObject({ says: 'passes', because: 'after unloading qwen' });
  expect(said({ memory: { is: 'fits', ...NUMBERS } }).of('memory')).toMatchObject({ says: 'passes', because: '' });
});

test('an estimate above the threshold is a warning: the studio keeps to it, not the worker', () => {
  const { verdict, of } = said({}, anOffer({ vramGbEstimate: 30 }));
  expect([verdict, of('threshold')?.says]).toEqual(['taken', 'warns']);
  expect(of('threshold')?.inputs).toEqual({ estimateGb: 30, vram_threshold_gb: 12 });
});

test('an offer for an engine that is not here is taken, and its job fails', () => {
  const offer = anOffer({ modelSource: { ...synthetic, engine: 'sd-cpp' } });
  const { verdict, because, of } = said({ readiness: undefined }, offer);
  expect([verdict, because]).toEqual(['fails', 'this release carries no sd-cpp engine']);
  expect([of('kind')?.says, of('ready')?.says]).toEqual(['unknown', 'unknown']);
});

test('a kind the engine does not serve and an engine that is not ready fail by name', () => {
  expect(said({}, anOffer({ task: aTask({ kind: 'audio_tts', text: 'hi' }) })).because).toBe(
    'the synthetic engine cannot serve audio_tts tasks',
  );
  const readiness = notReady({ because: 'no Vulkan loader', hint: 'Install libvulkan1.' });
  expect(said({ readiness }).because).toBe('no Vulkan loader. Install libvulkan1.');
});

test('whatever rejects is named before what would fail later', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), fc.boolean(), (paused, busy, ready) => {
      const readiness = ready ? READY : notReady({ because: 'no', hint: 'do' });
      const { verdict } = said({ paused, readiness, running: { busy, stopping: false } });
      return verdict === (paused || busy ? 'rejected' : ready ? 'taken' : 'fails');
    }),
  );
});

test('an engine on the processor beside a GPU is a warning, or a rejection with the remedy', () => {
  const whyNotGpu = { because: 'there is an RTX 4090', hint: 'Install libvulkan1.' };
  const where = { on: 'cpu', whyNotGpu } as const;
  expect(said({ readiness: { ready: true, where } }).of('device')).toEqual({
    rule: 'device',
    inputs: { engine: 'synthetic', on: 'cpu', allow_cpu: true },
    says: 'warns',
    because: 'there is an RTX 4090. Install libvulkan1.',
  });
  const refused = said({ allowCpu: false, readiness: { ...notReady(whyNotGpu), where } });
  expect(refused).toMatchObject({ verdict: 'rejected', because: 'there is an RTX 4090. Install libvulkan1.' });
  expect(said({ readiness: { ready: true, where: { on: 'cuda' } } }).of('device')).toMatchObject({ says: 'passes' });
});
