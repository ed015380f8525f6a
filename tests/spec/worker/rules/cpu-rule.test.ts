import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import type { Where } from '../../../../src/engines/readiness.ts';
import { createCpuRule } from '../../../../src/worker/rules/cpu-rule.ts';
import { synthetic } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { ScriptedEngine } from '../../../fakes/engines/scripted-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

const whyNotGpu = { because: 'there is no libvulkan.so.1', hint: 'Install libvulkan1.' };
const onCpu: Where = { on: 'cpu', whyNotGpu };
const because = 'synthetic runs on the CPU although this machine has RTX 4090: there is no libvulkan.so.1';
const files = { model: toModelId('m'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };

/** An engine under the rule, on a machine with one GPU unless told otherwise. */
function setup(about: { where?: Where; ranOn?: string; gpus?: readonly string[]; allowCpu?: boolean } = {}) {
  const { where, gpus = ['RTX 4090'], allowCpu = true } = about;
  const log = recordingLogger();
  const clock = new FakeClock();
  const inner = new ScriptedEngine();
  inner.ready = { ready: true, where };
  inner.ranOn = about.ranOn;
  const config = { allowCpu };
  let asked = 0;
  const rule = createCpuRule({
    allowCpu: () => config.allowCpu,
    gpuNames: () => Promise.resolve((asked++, gpus)),
    clock,
    log,
  });
  const engine = rule.over(inner);
  const load = () => engine.load(files, new AbortController().signal, USUAL);
  return { log, clock, inner, config, rule, engine, load, asked: () => asked };
}

test('an engine beside a GPU needs permission to use the CPU', async () => {
  const { engine, rule } = setup({ where: onCpu, allowCpu: false });
  expect(await engine.readiness()).toEqual({
    ready: false,
    configured: true,
    because,
    hint: 'Install libvulkan1. To allow the CPU, set `allow_cpu = true` in the config file.',
    where: { on: 'cpu', whyNotGpu: { because, hint: 'Install libvulkan1.' } },
  });
  expect(rule.refusal('synthetic')).toBe(because);
});

test('allowing the CPU takes effect with the next check', async () => {
  const { engine, rule, config } = setup({ where: onCpu, allowCpu: false });
  await engine.readiness();
  config.allowCpu = true;
  expect(await engine.readiness()).toEqual({
    ready: true,
    where: { on: 'cpu', whyNotGpu: { because, hint: 'Install libvulkan1.' } },
  });
  expect(rule.refusal('synthetic')).toBeUndefined();
});

test('an engine that is rejected stays so while it is asked again', async () => {
  const { engine, rule } = setup({ where: onCpu, allowCpu: false });
  await engine.readiness();
  const asking = engine.readiness();
  expect(rule.refusal('synthetic')).toBe(because);
  await asking;
  expect(rule.refusal('synthetic')).toBe(because);
});

test('a machine without a GPU may run everything on its CPU', async () => {
  const { engine, load, log } = setup({ where: onCpu, ranOn: 'cpu', gpus: [], allowCpu: false });
  expect(await engine.readiness()).toEqual({ ready: true, where: { on: 'cpu', whyNotGpu: undefined } });
  await load();
  expect(log.names()).toEqual([]);
});

test.each<[string, Parameters<typeof setup>[0]]>([
  ['only runs on the CPU', { ranOn: 'cpu' }],
  ['runs on the GPU', { where: { on: 'cuda' }, ranOn: 'cuda' }],
])('an engine that %s is none of its business', async (_which, about) => {
  const { engine, load, log, asked } = setup({ ...about, allowCpu: false });
  expect(await engine.readiness()).toMatchObject({ ready: true });
  await load();
  expect([log.names(), asked()]).toEqual([[], 0]);
});

test('a model on the CPU beside a GPU is logged once', async () => {
  const { load, log } = setup({ where: onCpu, ranOn: 'cpu' });
  await load();
  await load();
  expect(log.names()).toEqual(['engine.on-cpu']);
  expect(log.find('engine.on-cpu')).toMatchObject({
    level: 'warn',
    fields: { engine: 'synthetic', because, hint: 'Install libvulkan1.' },
  });
});

test('a model that lands on a forbidden CPU is unloaded', async () => {
  const { engine, inner, load, rule } = setup({ where: { on: 'vulkan' }, ranOn: 'cpu', allowCpu: false });
  expect(await engine.readiness()).toMatchObject({ ready: true });
  expect(await failureOf(load())).toMatchObject({
    code: 'engine.failed',
    retryable: true,
    message: 'synthetic runs on the CPU although this machine has RTX 4090: vulkan did not start',
    hint: expect.stringContaining('allow_cpu = true'),
  });
  expect(inner.loaded).toBe(0);
  expect(rule.refusal('synthetic')).toContain('vulkan did not start');
  expect(await engine.readiness()).toMatchObject({ ready: false, where: { on: 'cpu' } });
});

test('an engine that landed on the CPU needs no GPU memory', async () => {
  const { engine, inner, load } = setup({ where: { on: 'vulkan' }, ranOn: 'cpu' });
  inner.memory = 'gpu';
  expect(engine.memory).toBe('gpu');
  await load();
  expect(engine.memory).toBe('none');
});

test('a GPU unexpectedly left unused is retried after half an hour', async () => {
  const { engine, inner, load, clock, rule } = setup({ where: { on: 'vulkan' }, ranOn: 'cpu', allowCpu: false });
  await failureOf(load());
  clock.advance(30 * 60_000 - 1);
  expect(await engine.readiness()).toMatchObject({ ready: false });
  clock.advance(1);
  expect(await engine.readiness()).toMatchObject({ ready: true, where: { on: 'vulkan' } });
  expect(rule.refusal('synthetic')).toBeUndefined();
  inner.ranOn = 'vulkan';
  await load();
});

test('an engine that is back on the GPU is held against its memory again', async () => {
  const { engine, inner, load } = setup({ where: { on: 'vulkan' }, ranOn: 'cpu' });
  inner.memory = 'gpu';
  await load();
  inner.ranOn = 'vulkan';
  await load();
  expect(engine.memory).toBe('gpu');
});

test('one model on the CPU costs the others of its engine nothing', async () => {
  const { engine, inner, load, rule } = setup({ where: { on: 'cuda' }, ranOn: 'cpu', allowCpu: false });
  inner.modelsWhere = onCpu;
  inner.memory = 'gpu';
  expect(await failureOf(load())).toMatchObject({ code: 'engine.failed', message: because });
  expect(inner.loaded).toBe(0);
  expect(rule.refusal('synthetic')).toBeUndefined();
  expect(await engine.readiness()).toEqual({ ready: true, where: { on: 'cuda' } });
  expect(engine.memory).toBe('gpu');
});

test('one model on the GPU does not vouch for the others', async () => {
  const { inner, load, rule } = setup({ where: { on: 'cuda' }, ranOn: 'cpu', allowCpu: false });
  await failureOf(load());
  inner.modelsWhere = { on: 'vulkan' };
  inner.ranOn = 'vulkan';
  await load();
  expect(rule.refusal('synthetic')).toContain('cuda did not start');
});
