import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { toJobId, toModelId } from '../../../src/base/ids.ts';
import { MIB } from '../../../src/base/units.ts';
import { createWorld } from '../../../src/compose.ts';
import { writeJson } from '../../../src/contract/json.ts';
import type { ServedApi } from '../../../src/compose/worker/local-api.ts';
import { serveLocalApi } from '../../fakes/serve-local-api.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import type { ControlResult } from '../../../src/worker/control/client.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { anOffer, aTask, anLlmTask, synthetic } from '../../fakes/builders.ts';
import { hostedEngine } from '../../fakes/engines/hosted-engine.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { isGone } from '../../fakes/system/gone.ts';
import { needs, POSIX } from '../../needs.ts';
import { command } from '../child.ts';
import { setup as setupScene, setupStudio } from '../harness.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A worker that serves its API, and a command's way to it. */
async function setup(engine: Engine = new ScriptedEngine()) {
  const scene = await setupScene({ engines: [engine], config: { local_api_port: 0 } });
  const { worker } = scene;
  const configPath = worker.config.path;
  const api = await serveLocalApi(worker.composed, worker);
  if (api === undefined) throw new Error(worker.stderr());
  const client = (await createWorld()).control(configPath);
  return {
    ...scene,
    client,
    configPath,
    api,
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

/** The answer, if there is one. */
function answerOf<T>(asked: ControlResult<T>): T {
  if (asked.is === 'answered') return asked.answer;
  throw asked.is === 'failed' ? asked.error : new Error('no worker is running');
}

test('status over the API is what the worker itself knows', async () => {
  await using at = await setup();
  const { version, pid, session, workerId, modelEngines } = answerOf(await at.client.ask('status', {}));
  expect(modelEngines).toEqual(['synthetic']);
  expect({ pid, session, workerId }).toEqual({ pid: process.pid, session: { at: 'live' }, workerId: at.worker.id });
  expect(version).toBe(at.worker.status().version);
});

test('pause keeps jobs away until resume, and saves nothing', async () => {
  const engine = new ScriptedEngine();
  await using at = await setup(engine);
  const saved = await readFile(at.configPath, 'utf8');
  expect(answerOf(await at.client.ask('pause', {}))).toEqual({ enabled: true, paused: true });
  const { id } = await at.studio.createJob(anLlmTask());
  expect(at.worker.status()).toMatchObject({ enabled: true, paused: true, runningJobs: [] });
  expect(answerOf(await at.client.ask('resume', {}))).toEqual({ enabled: true, paused: false });
  (await engine.started()).finish();
  await at.studio.jobIs(id, 'completed');
  expect(await readFile(at.configPath, 'utf8')).toBe(saved);
});

test('a cancelled job returns to the studio, and the worker takes another', async () => {
  const engine = new ScriptedEngine();
  await using at = await setup(engine);
  const { id } = await at.studio.createJob(anLlmTask());
  await engine.started();
  expect(answerOf(await at.client.ask('cancel', { jobId: toJobId('another') }))).toEqual({ cancelled: false });
  expect(answerOf(await at.client.ask('cancel', { jobId: toJobId(id) }))).toEqual({ cancelled: true });
  await at.worker.done();
  const { recentJobs } = answerOf(await at.client.ask('status', {}));
  expect(recentJobs.at(-1)).toMatchObject({
    jobId: id,
    status: 'cancelled',
    reason: 'the operator cancelled the job',
  });
  (await engine.started()).finish(); // the studio offers it anew
  await at.studio.jobIs(id, 'completed');
});

test('a model is unloaded on request and loaded again without a job', async () => {
  const engine = hostedEngine();
  await using at = await setup(engine);
  const source = { ...synthetic, engine: 'gradio' } as const;
  const model = toModelId('fox');
  const { id } = await at.studio.createJob(aTask({ kind: 'image', prompt: 'steps' }), { model, modelSource: source });
  await at.studio.jobIs(id, 'completed');
  await at.worker.until('an idle model', () => at.worker.status().models[0]?.state === 'idle');
  expect(answerOf(await at.client.ask('unload', { model, engine: 'onnx' }))).toEqual({ unloaded: 0 });
  expect(answerOf(await at.client.ask('unload', { model }))).toEqual({ unloaded: 1 });
  expect(answerOf(await at.client.ask('status', {})).models).toEqual([]);
  const [first = 0] = engine.pids();
  await waitFor(
    'the end of its process',
    () => isGone(first),
    () => 'it lives',
  );

  expect(answerOf(await at.client.ask('load', { model, source }))).toEqual({ is: 'loaded' });
  expect(answerOf(await at.client.ask('status', {})).models).toMatchObject([{ model: 'fox', state: 'idle' }]);
  expect(engine.pids()).toHaveLength(2);
});

test('a worker with claiming off loads no model, since it would keep none', async () => {
  const engine = hostedEngine();
  await using at = await setup(engine);
  await at.client.ask('pause', {});
  const source = { ...synthetic, engine: 'gradio' } as const;
  expect(answerOf(await at.client.ask('load', { model: toModelId('fox'), source }))).toEqual({
    is: 'not-loaded',
    what: 'not-kept',
    because: 'idle models are not kept: claiming is off, or keep_warm_secs is 0',
  });
  expect(engine.pids()).toEqual([]);
});

test('a model whose engine is missing is not loaded, with the reason', async () => {
  await using at = await setup();
  const source = { ...synthetic, engine: 'onnx' } as const;
  expect(answerOf(await at.client.ask('load', { model: toModelId('fox'), source }))).toEqual({
    is: 'not-loaded',
    what: 'engine',
    because: 'this release does not carry its engine',
  });
});

test('stop finishes the running job and ends the worker', async () => {
  const engine = new ScriptedEngine();
  await using at = await setup(engine);
  const { id } = await at.studio.createJob(anLlmTask());
  const run = await engine.started();
  expect(answerOf(await at.client.ask('stop', {}))).toEqual({ stopping: true });
  expect(answerOf(await at.client.ask('status', {}))).toMatchObject({ stopping: true, runningJobs: [{ jobId: id }] });
  run.finish();
  await at.studio.jobIs(id, 'completed');
  expect(await at.worker.ended).toBe(0);
});

test('an idle worker answers the stop before it ends', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  const client = (await createWorld()).control(child.configPath);
  expect(answerOf(await client.ask('stop', {}))).toEqual({ stopping: true });
  expect(await child.exited).toBe(0);
  expect(await client.ask('status', {})).toEqual({ is: 'not-running' });
});

test('a worker that was killed is not running, although its file is still there', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  child.kill('SIGKILL');
  await child.exited;
  expect((await command(child.folder, 'enable')).out).toBe(
    'claiming is on; no worker is running; applies at the next start\n',
  );
});

needs(POSIX)('a worker that hangs is never called not running', async () => {
  await using scene = await setupStudio();
  const child = await scene.spawnWorker();
  await child.logged('session.welcomed');
  child.kill('SIGSTOP');
  const { out } = await command(child.folder, 'disable');
  child.kill('SIGCONT');
  expect(out).toStartWith('claiming is off; saved, but not applied: the running worker did not answer within 3.0 s');
});

test('an offer with a prompt of a megabyte is explained', async () => {
  await using at = await setup();
  const offer = writeJson(anOffer({ task: anLlmTask('"\\n'.repeat(350_000)) }));
  expect(answerOf(await at.client.ask('explain', { offer })).verdict).toBe('taken');
});

test('a worker that nothing updates says so', async () => {
  await using at = await setup();
  expect(await at.client.ask('update', {})).toMatchObject({ is: 'failed', error: { code: 'update.unsupported' } });
});

test('a subscriber sees a job from its offer to its delivery', async () => {
  const engine = new ScriptedEngine();
  await using at = await setup(engine);
  const enough = new AbortController();
  const seen: WorkerEvent[] = [];
  const events = await at.client.stream('subscribe', {}, enough.signal);
  const watched = (async () => {
    for await (const event of events) {
      seen.push(event);
      if (event.is === 'delivery' && event.report.is === 'delivered') return;
    }
  })();
  const { id } = await at.studio.createJob(anLlmTask());
  (await engine.started()).finish();
  await at.studio.jobIs(id, 'completed');
  await watched;
  const ofJob = seen.filter((event) => JSON.stringify(event).includes(id)).map(({ is }) => is);
  expect(ofJob.filter((is, at) => is !== ofJob[at - 1])).toEqual(['offer', 'accepted', 'phase', 'outcome', 'delivery']);
  expect(seen.findLast(({ is }) => is === 'outcome')).toMatchObject({ job: { jobId: id, status: 'undelivered' } });
});

test('a subscriber that does not read never holds the worker', async () => {
  const engine = new ScriptedEngine();
  await using at = await setup(engine);
  const leaving = new AbortController();
  const subscribed = await post(at.api, '{"ask":"subscribe"}', leaving.signal);
  expect(subscribed.status).toBe(200); // and nobody reads its body
  for (let job = 0; job < 3; job++) {
    const { id } = await at.studio.createJob(anLlmTask());
    (await engine.started()).finish();
    await at.studio.jobIs(id, 'completed');
  }
  expect(answerOf(await at.client.ask('status', {})).recentJobs).toHaveLength(3);
  leaving.abort();
});

test('a subscription ends with the worker', async () => {
  await using at = await setup();
  const watched = Array.fromAsync(await at.client.stream('subscribe', {}, new AbortController().signal));
  await at.api[Symbol.asyncDispose]();
  expect(await watched).toBeArray();
});

test('the log is followed from the newest line on, until the reader has enough', async () => {
  await using at = await setup();
  const { logger } = at.worker.log;
  logger.info('scratch.removed', { folder: '/before' });
  const enough = new AbortController();
  const lines = await at.client.stream('logs', { lines: 1, follow: true }, enough.signal);
  const seen: string[] = [];
  for await (const { message } of lines) {
    seen.push(message);
    if (message.includes('/before')) logger.info('scratch.removed', { folder: '/after' });
    if (message.includes('/after')) enough.abort();
  }
  expect(seen).toEqual([expect.stringContaining('/before'), expect.stringContaining('/after')]);
});

test('the log of one job has no line of another', async () => {
  await using at = await setup();
  at.worker.log.logger.info('scratch.removed', { folder: '/x', jobId: 'one' });
  at.worker.log.logger.info('scratch.removed', { folder: '/y', jobId: 'two' });
  const about = { lines: 10, follow: false, jobId: 'one' };
  const lines = await Array.fromAsync(await at.client.stream('logs', about, new AbortController().signal));
  expect(lines).toMatchObject([{ jobId: 'one', level: 'info', message: expect.stringContaining('/x') }]);
});

/** What a program sends that is none of our commands. */
const post = ({ url, token }: ServedApi, body: string | Uint8Array<ArrayBuffer>, signal?: AbortSignal) =>
  fetch(`${url}/control`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body,
    keepalive: false,
    ...(signal === undefined ? {} : { signal }),
  });

describe('a hostile peer', () => {
  test.each([
    ['what is not JSON', 'hello\n', 'not JSON'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0, 0x0a), 'not JSON'],
    ['34 MiB', `"${'x'.repeat(34 * MIB)}"`, 'too_large'],
    ['a list a thousand deep', `${'['.repeat(1_000)}${']'.repeat(1_000)}`, 'invalid-request'],
    ['a request of its own', '{"ask":"rm -rf"}', 'unknown-request'],
    ['a field of its own kind', '{"ask":"cancel","with":{"jobId":{}}}', 'jobId: expected string'],
  ])('that sends %s gets an answer, and the next command as well', async (_what, body, answer) => {
    await using at = await setup();
    expect(await (await post(at.api, body)).text()).toContain(answer);
    expect(answerOf(await at.client.ask('status', {})).pid).toBe(process.pid);
  });
});
