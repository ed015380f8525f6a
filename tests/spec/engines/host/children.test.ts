import { expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { toModelId } from '../../../../src/base/ids.ts';
import { type HostedLoad } from '../../../../src/engines/host/host.ts';
import type { HostedModel } from '../../../../src/engines/host/hosted-model.ts';
import { createQuarantine } from '../../../../src/engines/host/quarantine.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { childEnvironment, processVariables } from '../../../../src/system/process/processes.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { goneSoon, isGone } from '../../../fakes/system/gone.ts';
import { settle } from '../../../fakes/system/fake-clock.ts';
import { unrulyHost } from '../../../fakes/engines/hosted-engine.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { failureOf, within } from '../../../fakes/system/temp-folder.ts';

/** What a person who cancels is promised. */
const GONE_WITHIN_MS = 500;

function setup(options: Partial<Pick<HostedLoad, 'stallMs' | 'how'>> = {}) {
  const log = recordingLogger();
  const quarantine = createQuarantine(systemClock);
  const abort = new AbortController();
  const host = unrulyHost({
    command: [process.execPath, 'tests/fakes/engines/unruly-child.ts', '7'],
    env: childEnvironment(processVariables(), { STUDIO_WORKER_TEST: 'yes' }),
    log,
    quarantine,
  });
  const load = (model = 'fine') => {
    const files = { model: toModelId(model), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
    return host.load({ engine: 'gradio', files, ...options }, abort.signal);
  };
  const context = { signal: abort.signal, progress: (_done: number, _total: number): void => {}, emit: () => {} };
  const ask = (model: HostedModel, prompt: string, more: Record<string, unknown> = {}) =>
    model.run(aTask({ kind: 'image', prompt, ...more }), new Map(), context);
  return { log, quarantine, abort, context, load, ask };
}

const pidOf = (log: ReturnType<typeof recordingLogger>): number => Number(log.events.at(0)?.fields['pid']);

test('a task and its result cross the child’s channel intact', async () => {
  const { load, context, ask } = setup();
  await using model = await load();
  const progress: number[] = [];
  const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
  const result = await model.run(aTask({ kind: 'image', prompt: 'steps' }), new Map([['initImageUrl', bytes]]), {
    ...context,
    progress: (done, total) => void progress.push(done / total),
    emit: () => {},
  });
  expect(result).toEqual({ is: 'artifact', bytes, ext: 'bin' });
  expect(progress).toEqual([1 / 3, 2 / 3, 1]);
  const seed = 18_446_744_073_709_551_615n;
  expect(await ask(model, 'seed', { seed })).toEqual({ is: 'json', value: { seed: String(seed) } });
});

test('a second run on a loaded model reaches the same process', async () => {
  const { load, ask } = setup();
  await using model = await load();
  expect(await ask(model, 'hello')).toEqual(await ask(model, 'hello'));
});

test('a child has a group of its own, low priority and no secrets', async () => {
  process.env['STUDIO_TEST_TOKEN'] = 'hush';
  process.env['BUN_BE_BUN'] = '1';
  const { load, ask, log } = setup();
  delete process.env['STUDIO_TEST_TOKEN'];
  delete process.env['BUN_BE_BUN'];
  await using model = await load();
  const result = await ask(model, 'environment');
  const variables = result.is === 'json' ? (result.value as Record<string, unknown>) : {};
  expect(variables).toMatchObject({ STUDIO_WORKER_TEST: 'yes', nice: 7 });
  expect(Object.keys(variables)).not.toContain('STUDIO_TEST_TOKEN');
  expect(Object.keys(variables)).not.toContain('BUN_BE_BUN');
  const stat = readFileSync(`/proc/${pidOf(log)}/stat`, 'utf8').replace(/^.*\) /, '');
  expect(Number(stat.split(' ')[2])).toBe(pidOf(log)); // proc(5): the process group
});

test('an engine’s error keeps code, hint and facts across processes', async () => {
  const { load, ask } = setup();
  await using model = await load();
  expect(await failureOf(ask(model, 'refuse'))).toMatchObject({
    code: 'task.invalid',
    message: 'not like this',
    hint: 'Ask nicely.',
    fields: { limit: 3 },
  });
  expect(await ask(model, 'hello')).toMatchObject({ value: { text: 'hello' } });
});

test.each([
  ['crash', /^the gradio engine was killed by SIGSEGV while it ran a task; its output: .*the sky is up/],
  ['exit', /^the gradio engine exited with code 3 while it ran a task$/],
  ['babble', /sent an invalid message \(done: expected number; total: is missing\)$/],
])('an engine’s %s costs one job, and the next gets a fresh process', async (prompt, message) => {
  const { load, ask, log } = setup();
  await using model = await load();
  expect(await failureOf(within(10_000, 'the crash', ask(model, prompt)))).toMatchObject({
    code: 'engine.crashed',
    retryable: true,
    message: expect.stringMatching(message),
  });
  const first = pidOf(log);
  const next = await ask(model, 'hello');
  expect(next).toMatchObject({ is: 'json', value: { text: 'hello' } });
  expect(next).not.toMatchObject({ value: { pid: first } });
  expect(log.find('engine.crashed')).toMatchObject({ level: 'warn', fields: { engine: 'gradio', model: 'fine' } });
});

test('an engine that ends out of memory has its own code', async () => {
  const { load, ask } = setup();
  await using model = await load();
  expect(await failureOf(within(10_000, 'the crash', ask(model, 'no memory')))).toMatchObject({
    code: 'engine.out-of-memory',
    retryable: true,
    message: expect.stringContaining('CUDA error: out of memory'),
  });
});

test('a model that an engine lacks memory for again and again is not quarantined', async () => {
  const { load, ask, quarantine } = setup();
  await using model = await load();
  for (let run = 1; run <= 3; run++) {
    expect(await failureOf(ask(model, 'no memory'))).toMatchObject({ code: 'engine.out-of-memory' });
  }
  expect(quarantine.remainingMs('gradio', toModelId('fine'))).toBe(0);
});

test('a model that is loaded lean says what it runs on then', async () => {
  await using usual = await setup().load();
  await using lean = await setup({ how: { lean: true, binariesFolder: undefined } }).load();
  expect([usual.ranOn, lean.ranOn]).toEqual(['cuda', 'cpu']);
});

test('a flood of output is read to its end and only its tail reported', async () => {
  const { load, ask } = setup();
  await using model = await load();
  const { code, message } = toWorkerError(await failureOf(ask(model, 'flood')));
  expect(code).toBe('engine.crashed');
  expect(message).toMatch(/line \d{4,5} x+$/);
  expect(message.length).toBeLessThan(700);
});

test.each(['sleep', 'hang', 'spin'])(
  'a job that does this: %s, ends within half a second of its abort',
  async (prompt) => {
    const { load, ask, abort, log } = setup();
    const model = await load();
    const running = failureOf(ask(model, prompt));
    const reason = new Error('given up');
    const since = performance.now();
    abort.abort(reason);
    expect(await running).toBe(reason);
    await model[Symbol.asyncDispose]();
    expect(performance.now() - since).toBeLessThan(GONE_WITHIN_MS);
    expect(isGone(pidOf(log))).toBe(true);
    expect(log.names()).not.toContain('engine.crashed');
  },
);

test('a child that heeds a cancel keeps its model for the next job', async () => {
  const { load, ask, context } = setup();
  await using model = await load();
  const before = await ask(model, 'hello');
  const abort = new AbortController();
  const running = model.run(aTask({ kind: 'image', prompt: 'sleep' }), new Map(), { ...context, signal: abort.signal });
  abort.abort(new Error('given up'));
  await failureOf(running);
  expect(await ask(model, 'hello')).toEqual(before);
});

test('silence for too long ends the child, says so, and counts as a crash', async () => {
  const { load, ask, log } = setup({ stallMs: 300 });
  await using model = await load();
  expect(await failureOf(ask(model, 'hang'))).toMatchObject({
    code: 'engine.stalled',
    retryable: true,
    message: 'the gradio engine made no progress for 300 ms while running and was ended',
  });
  expect(isGone(pidOf(log))).toBe(true);
  expect(log.find('engine.crashed')?.fields).toMatchObject({ code: 'engine.stalled' });
});

test('weights that cannot be loaded say why and leave no process', async () => {
  const { load, log } = setup();
  expect(await failureOf(load('unusable'))).toMatchObject({ code: 'model.unusable', message: 'these are no weights' });
  expect(isGone(pidOf(log))).toBe(true);
  expect(await failureOf(load('fatal'))).toMatchObject({
    code: 'engine.crashed',
    message: 'the gradio engine exited with code 9 while it loaded the model',
  });
});

test('a load that is given up rejects with the reason and leaves no process', async () => {
  const { load, abort, log } = setup();
  const loading = failureOf(load('endless'));
  await settle();
  const reason = new Error('given up');
  abort.abort(reason);
  expect(await loading).toBe(reason);
  expect(isGone(pidOf(log))).toBe(true);
  expect(await failureOf(load())).toBe(reason);
  expect(log.events).toHaveLength(1);
});

test('unloading ends even a stubborn child and may be repeated', async () => {
  for (const name of ['fine', 'clinging']) {
    const { load, log } = setup();
    const model = await load(name);
    const since = performance.now();
    await model[Symbol.asyncDispose]();
    await model[Symbol.asyncDispose]();
    expect(performance.now() - since).toBeLessThan(GONE_WITHIN_MS);
    expect(isGone(pidOf(log))).toBe(true);
    expect(log.names()).not.toContain('engine.crashed');
  }
});

test('a child still starting ends when its model is unloaded', async () => {
  const { load, ask, log } = setup();
  const model = await load();
  process.kill(model.process.pid, 'SIGKILL');
  await model.process.ended;
  const run = failureOf(ask(model, 'double'));
  await model[Symbol.asyncDispose]();
  expect(await run).toMatchObject({ code: 'internal' });
  const pids = log.events.filter(({ event }) => event === 'engine.started').map(({ fields }) => Number(fields['pid']));
  expect(pids).toHaveLength(2);
  expect(pids.map(isGone)).toEqual([true, true]);
});

test('what an engine has started ends with it', async () => {
  const { load, ask } = setup();
  const model = await load();
  const result = await ask(model, 'leave a grandchild');
  const pid = result.is === 'json' ? Number((result.value as Record<string, unknown>)['pid']) : 0;
  expect(isGone(pid)).toBe(false);
  await model[Symbol.asyncDispose]();
  await goneSoon(pid);
});

test.each(['hang', 'spin'])('no engine outlives a worker that was killed while it does this: %s', async (deed) => {
  const worker = Bun.spawn([process.execPath, 'tests/fakes/engines/engine-parent.ts', deed], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { value } = await within(10_000, 'the engine to be at work', worker.stdout.getReader().read());
  const pid = Number(new TextDecoder().decode(value));
  expect(isGone(pid)).toBe(false);
  worker.kill('SIGKILL');
  await worker.exited;
  await goneSoon(pid);
});

test('three crashes of one model put it into quarantine and leave others alone', async () => {
  const { load, ask, log, quarantine } = setup();
  await using model = await load();
  for (let time = 0; time < 3; time++) await failureOf(ask(model, 'exit'));
  expect(quarantine.remainingMs('gradio', toModelId('fine'))).toBeGreaterThan(0);
  expect(quarantine.remainingMs('gradio', toModelId('other'))).toBe(0);
  expect(log.find('engine.quarantined')).toMatchObject({ level: 'error', fields: { model: 'fine' } });
});
