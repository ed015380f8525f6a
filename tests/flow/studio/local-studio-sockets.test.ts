import { expect, test } from 'bun:test';
import { studioUrl } from '../../../src/contract/routes.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStudio } from '../../../src/local-studio/serve.ts';
import { bareSocket, bareWorker, helloOf, jobOf, welcomed } from '../../fakes/studio/bare-worker.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { GRACE_MS } from '../../../src/local-studio/queue/timing.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { accept, anImage, failure, result, setup, working } from './local-studio-scene.ts';

test('a first frame other than hello ends the socket with 4002', async () => {
  await using world = await setup();
  using worker = await bareSocket(world.credentials);
  worker.send({ type: 'heartbeat', capabilities: helloOf(world.credentials).capabilities });
  expect(await worker.next('error')).toMatchObject({ code: 'protocol_violation' });
  expect((await worker.closed).code).toBe(4002);
});

test('an invalid frame is answered with all its faults and close code 4002', async () => {
  await using world = await setup();
  using worker = await bareSocket(world.credentials);
  worker.send({ type: 'hello', authToken: world.credentials.authToken, capabilities: { machineName: 7 } });
  const message = String((await worker.next('error'))['message']);
  expect(message).toStartWith('not a frame of this contract: capabilities.machineName: expected string; ');
  // Longer than a close frame can carry, so its reason is the beginning.
  expect(message.length).toBeGreaterThan(123);
  expect((await worker.closed).code).toBe(4002);
});

test('a frame between hello and welcome ends the socket with 4002', async () => {
  await using world = await setup();
  using worker = await bareSocket(world.credentials);
  worker.send(helloOf(world.credentials));
  worker.send(accept('job-1'));
  expect((await worker.closed).code).toBe(4002);
});

test('a hello with another token ends the socket with 4001', async () => {
  await using world = await setup();
  using worker = await bareSocket(world.credentials);
  worker.send({ ...helloOf(world.credentials), authToken: 'wrong' });
  expect(await worker.next('error')).toMatchObject({ code: 'auth_failed' });
  expect((await worker.closed).code).toBe(4001);
});

test('a wrong token or a missing sub-protocol is rejected at the upgrade', async () => {
  await using world = await setup();
  const url = `${world.studio.url}/graphics/api/workers/${world.credentials.workerId}/connect`;
  const upgrade = { upgrade: 'websocket', connection: 'upgrade' };
  expect((await fetch(url, { headers: { ...upgrade, authorization: 'Bearer wrong' } })).status).toBe(401);
  const authorization = `Bearer ${world.credentials.authToken}`;
  expect((await fetch(url, { headers: { ...upgrade, authorization } })).status).toBe(400);
});

test('a second socket of one worker ends the first with 4003', async () => {
  await using world = await setup();
  using second = await bareWorker(world.credentials);
  expect(await world.worker.next('error')).toMatchObject({ code: 'duplicate_worker' });
  expect((await world.worker.closed).code).toBe(4003);
  await second.heartbeat();
});

test('a removed worker’s socket closes with 4004, its next upgrade gets 404', async () => {
  await using world = await setup();
  await world.studio.operator('DELETE', `/workers/${world.credentials.workerId}`);
  expect(await world.worker.next('error')).toMatchObject({ code: 'worker_deleted' });
  expect((await world.worker.closed).code).toBe(4004);
  const { apiBaseUrl, workerId, authToken } = world.credentials;
  const path = studioUrl(apiBaseUrl, `/workers/${workerId}/connect`) ?? '';
  const answer = await fetch(path, { headers: { authorization: `Bearer ${authToken}` } });
  expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('worker not found')]);
});

test('a worker removed between its upgrade and its hello gets 4004 and no welcome', async () => {
  await using world = await setup();
  using worker = await bareSocket(world.credentials);
  await world.studio.operator('DELETE', `/workers/${world.credentials.workerId}`);
  worker.send(helloOf(world.credentials));
  expect(await worker.next('error')).toMatchObject({ code: 'worker_deleted' });
  expect(await worker.closed).toMatchObject({ code: 4004, reason: 'the operator deleted this worker' });
  expect(worker.waiting).toEqual([]);
});

test('a worker removed during its hello never receives a welcome', async () => {
  await using world = await setup();
  for (let round = 0; round < 20; round++) {
    const credentials = await world.studio.enrol();
    using worker = await bareSocket(credentials);
    worker.send(helloOf(credentials));
    await world.studio.operator('DELETE', `/workers/${credentials.workerId}`);
    expect((await worker.closed).code).toBe(4004);
    expect(worker.waiting.at(-1)).toMatchObject({ type: 'error', code: 'worker_deleted' });
  }
});

test.each([accept('job-x'), result('job-x'), failure('job-x', true)])(
  'a frame about a job that is not held ends the socket: %j',
  async (frame) => {
    await using world = await setup();
    world.worker.send(frame);
    expect(await world.worker.next('error')).toMatchObject({ code: 'protocol_violation' });
    expect((await world.worker.closed).code).toBe(4002);
  },
);

test('readyForMore is ignored with a warning', async () => {
  await using world = await setup();
  world.worker.send({ type: 'readyForMore' });
  await world.worker.heartbeat();
  expect(world.studio.log.find('frame.ignored')?.fields).toMatchObject({ type: 'readyForMore' });
});

test('a job survives its socket when the next one names it', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  world.worker.socket.terminate();
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  using again = await welcomed(world.credentials);
  expect(await again.heartbeat({ currentJobId: job.id })).toEqual({
    type: 'heartbeatAck',
    claim: { jobId: job.id, held: true },
  });
  again.send(result(job.id));
  await again.next('completeAck');
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
});

test('a job is lost when the next socket does not name it', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  world.worker.socket.terminate();
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  using again = await welcomed(world.credentials);
  await again.heartbeat();
  expect(jobOf(await again.next('offer'))).toBe(job.id);
  expect(await world.studio.attempts(job.id)).toMatchObject([{ outcome: 'lost' }]);
});

test('a job is lost when its worker stays away for thirty seconds', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await working(world.studio, world.worker);
  world.worker.socket.terminate();
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  clock.advance(30_000);
  expect(await world.studio.jobIs(job.id, 'queued')).toMatchObject({ attempts: 1 });
});

test('a studio without resume takes the job with the socket', async () => {
  await using world = await setup({ withoutResume: true });
  const job = await working(world.studio, world.worker);
  world.worker.socket.terminate();
  expect((await world.studio.jobIs(job.id, 'queued')).attempts).toBe(1);
});

test('an upload during the grace is taken', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker, anImage);
  world.worker.socket.terminate();
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  expect((await world.worker.upload(job.id)).status).toBe(200);
});

test('a late upload is taken as long as nobody else has the job', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await working(world.studio, world.worker, anImage);
  world.worker.socket.terminate();
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  clock.advance(30_000);
  await world.studio.jobIs(job.id, 'queued');
  expect((await world.worker.upload(job.id)).status).toBe(200);
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'completed' });
});

test('a late upload is rejected when another worker has the job', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await working(world.studio, world.worker, anImage);
  using other = await bareWorker(await world.studio.enrol());
  world.worker.socket.terminate();
  await world.studio.until('the loss', (event) => event.is === 'disconnected');
  clock.advance(30_000);
  expect(jobOf(await other.next('offer'))).toBe(job.id);
  expect((await world.worker.upload(job.id)).status).toBe(409);
});

test('a silent worker is cut, and its job is given away after the grace', async () => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  const job = await working(world.studio, world.worker);
  clock.advance(40_000);
  await world.worker.closed;
  expect((await world.studio.job(job.id)).state).toBe('running');
  clock.advance(GRACE_MS);
  expect((await world.studio.jobIs(job.id, 'queued')).attempts).toBe(1);
});

test.each([-3_600_000, 3_600_000])('a wall clock that is set by %d ms costs no worker its session', async (step) => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  clock.jumpWallClock(step);
  clock.advance(20_000);
  await world.worker.heartbeat();
  clock.advance(20_000);
  await world.worker.heartbeat();
  expect(world.studio.log.find('session.stale')).toBeUndefined();
});

test.each([-3_600_000, 3_600_000])('a wall clock that is set by %d ms hides no silent worker', async (step) => {
  const clock = new FakeClock();
  await using world = await setup({ clock });
  clock.advance(10_000);
  clock.jumpWallClock(step);
  clock.advance(30_000);
  await world.worker.closed;
  expect(world.studio.log.find('session.stale')?.fields).toMatchObject({ silentMs: 40_000 });
});

test('a job missing from heartbeats ends, and its worker gets the next', async () => {
  await using world = await setup();
  await working(world.studio, world.worker);
  const next = await world.studio.createJob(anLlmTask());
  await world.worker.heartbeat();
  await world.worker.heartbeat();
  expect(jobOf(await world.worker.next('offer'))).toBe(next.id);
});

test('a running job survives a restart of the studio', async () => {
  await using world = await setup();
  const job = await working(world.studio, world.worker);
  await world.studio.restart();
  using again = await welcomed(world.credentials);
  expect(await again.heartbeat({ currentJobId: job.id })).toMatchObject({ claim: { held: true } });
  again.send(result(job.id));
  await again.next('completeAck');
  expect(await world.studio.job(job.id)).toMatchObject({ state: 'completed', attempts: 1 });
});

test('a data folder that cannot be is named, and not the address', async () => {
  await using world = await setup();
  const { log } = world.studio;
  // A file stands where a folder would have to be.
  const dataDir = `${world.studio.dataDir}/operator-token/studio`;
  const started = startStudio({ host: '127.0.0.1', port: 0, dataDir, effects: studioEffects, log });
  expect(await started.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'folder.unusable' });
});

test('a studio that other machines reach warns that tokens travel in the clear', async () => {
  await using folder = await tempFolder();
  const log = recordingLogger();
  const studio = await startStudio({ host: '0.0.0.0', port: 0, dataDir: folder.path, effects: studioEffects, log });
  await studio.stop();
  expect(log.find('studio.exposed')).toMatchObject({ level: 'warn', fields: { host: '0.0.0.0' } });
});

test('a second studio on the same data does not start', async () => {
  await using world = await setup();
  const second = startStudio({
    host: '127.0.0.1',
    port: 0,
    dataDir: world.studio.dataDir,
    effects: studioEffects,
    log: world.studio.log,
  });
  expect(await second.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'studio.data-in-use' });
});

test('a studio whose port is taken leaves no timer and no lock behind', async () => {
  await using world = await setup();
  const dataDir = await mkdtemp(join(tmpdir(), 'studio-taken-'));
  const clock = new FakeClock();
  const effects = { ...studioEffects, clock };
  const options = { host: '127.0.0.1', dataDir, effects, log: world.studio.log };
  const started = startStudio({ ...options, port: world.studio.studio.port });
  expect(await started.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'EADDRINUSE' });
  expect(clock.armed).toBe(0);
  await (await startStudio({ ...options, port: 0 })).stop();
  expect(clock.armed).toBe(0);
  await rm(dataDir, { recursive: true });
});
