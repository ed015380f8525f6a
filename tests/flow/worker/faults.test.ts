import { expect, setDefaultTimeout, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { aTask, anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { createGate, type LocalWorker, type Scene, setup, setupStudio } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const anImage = aTask({ kind: 'image', prompt: 'a fox' });
const picture = { is: 'artifact', bytes: crypto.getRandomValues(new Uint8Array(20_000)), ext: 'webp' } as const;

const events = (worker: LocalWorker, name: string) => worker.events.filter(({ event }) => event === name);
const cut = ({ studio, worker }: Scene): void => studio.cut(worker.id);
const isDown = ({ worker }: Scene): Promise<void> =>
  worker.until('a lost socket', () => worker.status().session.at === 'backing-off');
const completions = ({ studio }: Scene): number =>
  studio.events.filter((event) => event.is === 'moved' && event.to === 'completed').length;

/** Has an image computed; its upload is up to the test. */
async function computed(scene: Scene, engine: ScriptedEngine): Promise<string> {
  const { id } = await scene.studio.createJob(anImage);
  (await engine.started()).finish(picture);
  return id;
}

test('a studio that goes silent is left after twenty seconds and found again', async () => {
  await using scene = await setup();
  scene.studio.mischief.silent.add('all');
  scene.worker.clock.skip(20_000);
  await isDown(scene);
  expect((await scene.worker.logged('session.lost')).fields).toMatchObject({
    reason: 'the studio was silent for 20 s',
  });
  scene.studio.mischief.silent.clear();
  await scene.worker.live();
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
});

test('drops of welcomed sessions never add up', async () => {
  await using scene = await setup({ config: { ws_reconnect_attempts: 1 } });
  for (let drop = 1; drop <= 3; drop++) {
    cut(scene);
    await isDown(scene);
    expect(scene.worker.status().session).toMatchObject({ at: 'backing-off', failures: 1 });
    await scene.worker.live();
  }
});

test('a worker goes on trying for as long as the studio is away', async () => {
  await using scene = await setup();
  scene.studio.mischief.refuseUpgrades.push(...Array.from({ length: 12 }, () => new Response('', { status: 502 })));
  cut(scene);
  await isDown(scene);
  await scene.worker.live();
  expect(events(scene.worker, 'session.connect-failed')).toHaveLength(12);
});

test('a worker with a limit gives up with exit 75 when it is reached', async () => {
  await using scene = await setup({ config: { ws_reconnect_attempts: 2 } });
  const refusals = Array.from({ length: 3 }, () => new Response('', { status: 502 }));
  scene.studio.mischief.refuseUpgrades.push(...refusals);
  cut(scene);
  await scene.worker.until('the end', () => {
    const { session } = scene.worker.status();
    if (session.at === 'backing-off') scene.worker.clock.skip(session.retryInMs);
    return session.at === 'gave-up';
  });
  expect(await scene.worker.ended).toBe(75);
});

test('a refused upgrade is logged with its status and body', async () => {
  await using scene = await setup();
  scene.studio.mischief.refuseUpgrades.push(new Response('the kitchen is on fire', { status: 503 }));
  cut(scene);
  await isDown(scene);
  await scene.worker.live();
  const failed = await scene.worker.logged('session.connect-failed');
  expect(failed.fields['error']).toContain('503');
  expect(failed.fields['error']).toContain('the kitchen is on fire');
});

test('a studio that asks for patience with Retry-After gets it', async () => {
  await using scene = await setup();
  const asks = new Response('busy', { status: 503, headers: { 'retry-after': '42' } });
  scene.studio.mischief.refuseUpgrades.push(asks);
  cut(scene);
  await isDown(scene);
  scene.worker.clock.skip(2_000);
  await scene.worker.logged('session.connect-failed');
  await isDown(scene);
  const { session } = scene.worker.status();
  expect(session).toMatchObject({ at: 'backing-off', failures: 2 });
  if (session.at === 'backing-off') expect(session.retryInMs).toBeWithin(41_000, 42_001);
});

test('an upload that fails twice is tried again, and nothing is computed twice', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const failures = [500, 500].map((status) => new Response('boom', { status }));
  scene.studio.mischief.failUploads.push(...failures);
  const id = await computed(scene, engine);
  for (const [attempt, pauseMs] of [1_000, 2_000].entries()) {
    await scene.worker.until('a retry', () => events(scene.worker, 'delivery.retried').length > attempt);
    expect(events(scene.worker, 'delivery.retried')[attempt]?.fields).toMatchObject({ retryInMs: pauseMs });
    scene.worker.clock.skip(pauseMs);
  }
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  expect(scene.studio.uploads.map(({ status }) => status)).toEqual([500, 500, 200]);
});

test('after three failed uploads the studio gets a failure, and a retry delivers', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const failures = Array.from({ length: 3 }, () => new Response('boom', { status: 500 }));
  scene.studio.mischief.failUploads.push(...failures);
  const id = await computed(scene, engine);
  for (const [attempt, pauseMs] of [1_000, 2_000].entries()) {
    await scene.worker.until('a retry', () => events(scene.worker, 'delivery.retried').length > attempt);
    scene.worker.clock.skip(pauseMs);
  }
  expect(await scene.studio.next('fail')).toMatchObject({
    jobId: id,
    error: 'complete failed: 500 Internal Server Error — boom',
    retryable: true,
  });
  (await engine.started()).finish(picture);
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 2 });
  await scene.worker.done();
  expect(completions(scene)).toBe(1);
});

test('an upload that stands still is cut after thirty seconds and sent again', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const gate = createGate();
  scene.studio.mischief.freeze = gate;
  const id = await computed(scene, engine);
  await gate.reached;
  scene.worker.clock.skip(30_000);
  await scene.worker.logged('delivery.retried');
  scene.studio.mischief.freeze = undefined;
  scene.worker.clock.skip(1_000);
  await scene.studio.jobIs(id, 'completed');
  gate.open();
  await scene.worker.live();
  await scene.worker.done();
  expect(completions(scene)).toBe(1);
});

test('a result of a reassigned job is discarded and no failure reported', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], studio: { withoutResume: true } });
  const { id } = await scene.studio.createJob(anImage);
  const run = await engine.started();
  await scene.studio.operator('POST', `/jobs/${id}/cancel`);
  run.finish(picture);
  expect((await scene.worker.logged('result.discarded')).fields).toMatchObject({ jobId: id });
  await scene.worker.done();
  expect(scene.studio.uploads).toEqual([{ jobId: id, status: 409 }]);
  expect(scene.studio.frames.filter(({ type }) => type === 'fail')).toEqual([]);
});

test('a job that the studio’s operator cancels is stopped at once', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  await engine.started();
  await scene.studio.operator('POST', `/jobs/${id}/cancel`);
  expect((await scene.worker.logged('job.cancelled')).fields).toMatchObject({
    because: 'the operator of the studio cancelled this job',
  });
  await scene.worker.done();
  expect(engine.loaded).toBe(0);
  expect(scene.studio.frames.map(({ type }) => type)).not.toContain('fail');
});

test('a job the studio took away is stopped by the next heartbeat', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anLlmTask());
  await engine.started();
  await scene.studio.operator('POST', `/jobs/${id}/cancel`);
  scene.worker.clock.skip(5_000);
  await scene.worker.logged('job.cancelled');
  await scene.worker.done();
  expect(engine.loaded).toBe(0);
  expect(scene.studio.frames.map(({ type }) => type)).not.toContain('fail');
});

test('a token refused on upload keeps the result and logs what to do', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  scene.studio.mischief.failUploads.push(new Response('who are you?', { status: 401 }));
  const id = await computed(scene, engine);
  expect((await scene.worker.logged('delivery.unauthorized')).fields['hint']).toContain('register --reset');
  expect(scene.worker.status().outbox.count).toBe(1);
  expect(await scene.studio.next('fail')).toMatchObject({ jobId: id, retryable: true });
});

test('a newer worker of the same identity wins, the older exits with 77', async () => {
  await using scene = await setup();
  const { worker_id: workerId = '', auth_token: authToken = '' } = scene.worker.config.current;
  const newer = await scene.startWorker({ credentials: { apiBaseUrl: scene.studio.url, workerId, authToken } });
  await newer.live();
  expect(await scene.worker.ended).toBe(77);
  expect((await scene.worker.logged('worker.refused')).fields['remedy']).toContain('Stop the other worker');
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
  expect(newer.status()).toMatchObject({ session: { at: 'live' }, recentJobs: [{ jobId: id }] });
  expect(scene.studio.events.filter(({ is }) => is === 'connected')).toHaveLength(2);
});

test('a deleted worker forgets its identity and registers again at once', async () => {
  await using scene = await setup();
  const { worker, studio } = scene;
  expect((await studio.operator('DELETE', `/workers/${worker.id}`)).status).toBe(204);
  const asked = await studio.until('a new request', ({ is }) => is === 'asked');
  expect((await worker.logged('registration.revoked')).fields).toEqual({ reason: 'the operator deleted this worker' });
  await worker.until('a saved request', () => worker.config.current.registration_request_id !== undefined);
  expect(worker.config.current).not.toHaveProperty('worker_id');
  expect(worker.config.current).not.toHaveProperty('auth_token');
  expect(worker.config.current.registration_request_id).toBe('requestId' in asked ? asked.requestId : '');
  expect(worker.status()).toMatchObject({ stopping: false, session: { at: 'idle' }, registration: { at: 'pending' } });
  expect(studio.events.filter(({ is }) => is === 'connected')).toHaveLength(1);
});

test('a worker deleted while away reads 404 and works again once approved', async () => {
  await using scene = await setupStudio();
  const { workerId, authToken } = await scene.studio.enrol();
  expect((await scene.studio.operator('DELETE', `/workers/${workerId}`)).status).toBe(204);
  const worker = await scene.startWorker({ credentials: { apiBaseUrl: scene.studio.url, workerId, authToken } });
  const newId = await scene.studio.approve();
  await worker.live();
  expect(newId).not.toBe(workerId);
  expect((await worker.logged('registration.revoked')).fields['reason']).toContain('status 404');
  const { id } = await scene.studio.createJob(anLlmTask());
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ workerId: newId });
});

test('a revoked token ends the worker with exit 77 at the first upgrade', async () => {
  await using scene = await setupStudio();
  const { workerId } = await scene.studio.enrol();
  const credentials = { apiBaseUrl: scene.studio.url, workerId, authToken: 'token-of-yesteryear' };
  const worker = await scene.startWorker({ credentials });
  expect(await worker.ended).toBe(77);
  expect((await worker.logged('session.connect-failed')).fields['error']).toContain('401');
  expect(worker.config.current.auth_token).toBe('token-of-yesteryear');
});

test('a studio that restarts during a job still gets its result', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  const { id } = await scene.studio.createJob(anImage);
  const run = await engine.started();
  await scene.studio.restart();
  await isDown(scene);
  await scene.worker.live();
  run.finish(picture);
  expect(await scene.studio.jobIs(id, 'completed')).toMatchObject({ attempts: 1 });
  await scene.worker.done();
});

test('a lost socket takes its pumps with it', async () => {
  await using scene = await setup();
  for (let drop = 1; drop <= 3; drop++) {
    cut(scene);
    await isDown(scene);
    await scene.worker.live();
  }
  const beats = (): number => scene.studio.frames.filter(({ type }) => type === 'heartbeat').length;
  await scene.worker.until('a heartbeat for each welcome', () => beats() === 4);
  scene.worker.clock.skip(5_000);
  await scene.worker.until('one more heartbeat', () => beats() > 4);
  const { id } = await scene.studio.createJob(anLlmTask());
  await scene.studio.jobIs(id, 'completed');
  expect(beats()).toBe(5);
});

test('a failure that finds no socket is logged with its job', async () => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine], studio: { withoutResume: true } });
  const { id } = await scene.studio.createJob(anLlmTask());
  const run = await engine.started();
  cut(scene);
  await isDown(scene);
  run.fail(new Error('out of memory'));
  const { level, fields } = await scene.worker.logged('failure.not-sent');
  expect({ level, jobId: fields['jobId'] }).toEqual({ level: 'warn', jobId: id });
});

test.each([
  ['a task at fault is final, however it is worded', new WorkerError('task.invalid', 'try again later'), false],
  ['words alone do not make a failure final', new Error('this engine cannot serve anybody'), true],
])('%s', async (_what, failure, retryable) => {
  const engine = new ScriptedEngine();
  await using scene = await setup({ engines: [engine] });
  await scene.studio.createJob(anLlmTask());
  (await engine.started()).fail(failure);
  expect(await scene.studio.next('fail')).toMatchObject({ error: failure.message, retryable });
});
