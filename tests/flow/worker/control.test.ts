import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { toJobId, toModelId } from '../../../src/base/ids.ts';
import { MIB } from '../../../src/base/units.ts';
import { createWorld } from '../../../src/compose.ts';
import { writeJson } from '../../../src/contract/json.ts';
import { serveSocket } from '../../../src/compose/worker/control-socket.ts';
import { siblingsOf } from '../../../src/config/paths.ts';
import { realEffects } from '../../../src/compose/effects.ts';
import type { Engine } from '../../../src/engines/engine.ts';
import type { Asked } from '../../../src/worker/control/client.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { anOffer, aTask, anLlmTask, synthetic } from '../../fakes/builders.ts';
import { hostedEngine } from '../../fakes/engines/hosted-engine.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { isGone } from '../../fakes/system/process-state.ts';
import { needs, POSIX } from '../../needs.ts';
import { command } from '../child.ts';
import { setup as setupScene, setupStudio } from '../harness.ts';
import { TEST_MS, waitFor } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const { environment } = realEffects();

/** A worker that serves its control socket, and a command's way to it. */
async function setup(engine: Engine = new ScriptedEngine()) {
  const scene = await setupScene({ engines: [engine] });
  const { worker } = scene;
  const configPath = worker.config.path;
  const socket = await serveSocket(worker.control, { configPath, effects: { environment }, log: worker.log });
  const client = (await createWorld()).control(configPath);
  return {
    ...scene,
    client,
    configPath,
    socket,
    async [Symbol.asyncDispose]() {
      await socket[Symbol.asyncDispose]();
      await scene[Symbol.asyncDispose]();
    },
  };
}

/** The answer, if there is one. */
function answerOf<T>(asked: Asked<T>): T {
  if (asked.is === 'answered') return asked.answer;
  throw asked.is === 'failed' ? asked.error : new Error('no worker is running');
}

test('status over the socket is what the worker itself knows', async () => {
  await using at = await setup();
  const { version, pid, session, workerId, modelEngines } = answerOf(await at.client.ask('status', {}));
  expect(modelEngines).toEqual(['synthetic']);
  expect({ pid, session, workerId }).toEqual({ pid: process.pid, session: { at: 'live' }, workerId: at.worker.id });
  expect(version).toBe(at.worker.status().version);
});

test('pause is saved, keeps jobs away, and resume lets them in again', async () => {
  const engine = new ScriptedEngine();
  await using at = await setup(engine);
  expect(answerOf(await at.client.ask('pause', {}))).toEqual({ enabled: false });
  expect(await readFile(at.configPath, 'utf8')).toContain('auto_enabled = false');
  const { id } = await at.studio.createJob(anLlmTask());
  expect(at.worker.status()).toMatchObject({ enabled: false, runningJobs: [] });
  expect(answerOf(await at.client.ask('resume', {}))).toEqual({ enabled: true });
  (await engine.started()).finish();
  await at.studio.jobIs(id, 'completed');
  expect(await readFile(at.configPath, 'utf8')).toContain('auto_enabled = true');
});

test('a cancelled job goes back to the studio, and the worker takes the next one', async () => {
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

test('a model of an engine that is not here is not loaded, and the answer says why', async () => {
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

test('a worker that was killed is not running, although its socket is still there', async () => {
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
  const socket = connect(siblingsOf(at.configPath).controlSocket, () => socket.write('{"ask":"subscribe"}\n'));
  const isSubscribed = new Promise<void>((resolve) => socket.once('data', () => resolve()));
  await isSubscribed;
  socket.pause();
  for (let job = 0; job < 3; job++) {
    const { id } = await at.studio.createJob(anLlmTask());
    (await engine.started()).finish();
    await at.studio.jobIs(id, 'completed');
  }
  expect(answerOf(await at.client.ask('status', {})).recentJobs).toHaveLength(3);
  socket.destroy();
});

test('a subscription ends with the worker', async () => {
  await using at = await setup();
  const watched = Array.fromAsync(await at.client.stream('subscribe', {}, new AbortController().signal));
  await at.socket[Symbol.asyncDispose]();
  expect(await watched).toBeArray();
});

describe('a hostile peer', () => {
  /** Writes bytes, and gives what came back once the worker has hung up. */
  function send(configPath: string, bytes: string | Uint8Array, cut = false): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>();
    let received = '';
    const socket = connect(siblingsOf(configPath).controlSocket, () => {
      socket.write(bytes);
      if (cut) socket.destroy();
    });
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.on('error', () => {}).on('close', () => resolve(received));
    return promise;
  }

  test.each([
    ['what is not JSON', 'hello\n', 'not a line of JSON'],
    ['bytes that are no text', Uint8Array.of(0xff, 0xfe, 0, 0x0a), 'not a line of JSON'],
    ['a line of 34 MiB', `${'x'.repeat(34 * MIB)}\n`, 'a line may hold 34603008 bytes'],
    ['a list a thousand deep', `${'['.repeat(1_000)}${']'.repeat(1_000)}\n`, 'invalid-request'],
    ['a request of its own', '{"ask":"rm -rf"}\n', 'unknown-request'],
    ['a field of its own kind', '{"ask":"cancel","with":{"jobId":{}}}\n', 'jobId: expected string'],
  ])('that sends %s gets an answer, and the next command as well', async (_what, bytes, answer) => {
    await using at = await setup();
    expect(await send(at.configPath, bytes)).toContain(answer);
    expect(answerOf(await at.client.ask('status', {})).pid).toBe(process.pid);
  });

  test('that hangs up halfway costs nothing', async () => {
    await using at = await setup();
    expect(await send(at.configPath, '{"ask":"sta', true)).toBe('');
    expect(answerOf(await at.client.ask('status', {})).pid).toBe(process.pid);
  });
});
