import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { EngineSchema } from '../../../src/local-api/contract/engines.ts';
import { HealthSchema } from '../../../src/local-api/contract/health.ts';
import { JobListSchema } from '../../../src/local-api/contract/jobs.ts';
import { sentenceOf } from '../../../src/log/message.ts';
import { LogPageSchema } from '../../../src/local-api/contract/logs.ts';
import { FullStatusSchema } from '../../../src/local-api/contract/status.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { serveLocalApi } from '../../fakes/serve-local-api.ts';
import { needs, POSIX } from '../../needs.ts';
import { setup as setupScene } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

test('the status of a live worker is what its contract says', async () => {
  await using at = await setupApi({ engines: [new ScriptedEngine()] });
  const { body } = await at.ask('/daemon/status');
  expect(v.parse(FullStatusSchema, body)).toMatchObject({
    pid: process.pid,
    hero: 'idle',
    paused: false,
    registered: true,
    workerId: at.worker.id,
    registration: { state: 'approved' },
    session: { state: 'connected' },
    localApiUrl: at.api.url,
    engines: ['synthetic'],
    vramTotalGb: 24,
    day: { completed: 0, failed: 0 },
    config: { apiBaseUrl: at.studio.url },
  });
});

test('a running job is in the status, and in the list once ended', async () => {
  const engine = new ScriptedEngine();
  await using at = await setupApi({ engines: [engine] });
  const { id } = await at.studio.createJob(anLlmTask());
  const run = await engine.started();
  const during = v.parse(FullStatusSchema, (await at.ask('/daemon/status')).body);
  expect(during).toMatchObject({
    hero: 'busy',
    busy: true,
    currentJobId: id,
    activeJobs: [{ jobId: id, status: 'running' }],
  });
  run.finish();
  await at.studio.jobIs(id, 'completed');
  await at.worker.done();
  expect(v.parse(JobListSchema, (await at.ask('/jobs')).body)).toMatchObject([
    { jobId: id, kind: 'llm', source: 'studio', status: 'completed', hasThumbnail: false },
  ]);
  const after = v.parse(FullStatusSchema, (await at.ask('/daemon/status')).body);
  expect(after).toMatchObject({ hero: 'idle', recentJobs: [{ jobId: id }], localJobs: [], day: { completed: 1 } });
  expect(await at.ask('/jobs?source=local')).toMatchObject({ body: [] });
  expect(await at.ask('/jobs?source=elsewhere')).toMatchObject({ status: 400, body: { error: 'bad_request' } });
});

test('the log of a job holds its lines, and an unknown job has none', async () => {
  const engine = new ScriptedEngine();
  await using at = await setupApi({ engines: [engine] });
  const { id } = await at.studio.createJob(anLlmTask());
  (await engine.started()).finish();
  await at.studio.jobIs(id, 'completed');
  await at.worker.done();
  expect((await at.ask(`/jobs/${id}/log`)).text).toContain(id);
  expect(await at.ask('/jobs/other/log')).toMatchObject({ status: 404, body: { error: 'unknown_job' } });
});

test('a job is cancelled by its id', async () => {
  const engine = new ScriptedEngine();
  await using at = await setupApi({ engines: [engine] });
  const { id } = await at.studio.createJob(anLlmTask());
  await engine.started();
  expect(await at.post('/jobs/other/cancel')).toMatchObject({ status: 404, body: { error: 'unknown_job' } });
  expect(await at.post(`/jobs/${id}/cancel`)).toMatchObject({ status: 200, body: { cancelled: true } });
  await at.worker.until('the cancelled job', () => at.worker.status().recentJobs.at(-1)?.status === 'cancelled');
});

test('pause keeps jobs away until resume', async () => {
  await using at = await setupApi();
  expect(await at.post('/daemon/pause')).toMatchObject({ body: { paused: true } });
  expect(await at.ask('/daemon/status')).toMatchObject({ body: { hero: 'paused', paused: true } });
  expect(await at.ask('/readyz')).toMatchObject({ status: 503, body: { ok: false } });
  expect(await at.post('/daemon/resume')).toMatchObject({ body: { paused: false } });
  expect(await at.ask('/readyz')).toMatchObject({ status: 200, body: { ok: true, because: [] } });
});

test('shutdown stops the worker after its job', async () => {
  await using at = await setupApi();
  expect(await at.post('/daemon/shutdown')).toMatchObject({ status: 202, body: { ok: true } });
  expect(await at.worker.ended).toBe(0);
});

test('a registration that was not rejected is not reset', async () => {
  await using at = await setupApi();
  expect(await at.post('/daemon/registration/reset')).toMatchObject({ status: 409, body: { error: 'not_rejected' } });
});

test('a rejected worker asks again after a reset', async () => {
  await using at = await setupApi({ credentials: undefined });
  await at.worker.until('a request', () => at.worker.status().registration.at === 'pending');
  const { registration } = at.worker.status();
  const requestId = registration.at === 'pending' ? registration.requestId : '';
  await at.studio.operator('POST', `/registrations/${requestId}/reject`, { reason: 'not one of ours' });
  await at.worker.until('the rejection', () => at.worker.status().registration.at === 'rejected');
  expect(await at.ask('/daemon/status')).toMatchObject({
    body: { hero: 'rejected', registration: { state: 'rejected', reason: 'not one of ours' } },
  });
  expect(await at.post('/daemon/registration/reset')).toMatchObject({ status: 202 });
  await at.worker.until('another request', () => at.worker.status().registration.at === 'pending');
  expect(await at.ask('/daemon/status')).toMatchObject({
    body: { hero: 'waiting', registration: { state: 'pending' } },
  });
});

test('the log is read after a number, and whole after one of another run', async () => {
  await using at = await setupApi();
  const whole = v.parse(LogPageSchema, (await at.ask('/daemon/logs')).body);
  expect(whole.entries.at(-1)?.seq).toBe(whole.seq);
  at.worker.log.logger.info('scratch.removed', { folder: '/tmp/x' });
  const rest = v.parse(LogPageSchema, (await at.ask(`/daemon/logs?after=${whole.seq}`)).body);
  expect(rest.entries.map(({ message }) => message)).toEqual([
    'removed the temporary folder /tmp/x of a worker that has ended',
  ]);
  const again = v.parse(LogPageSchema, (await at.ask('/daemon/logs?after=999999')).body);
  expect(again.entries).toHaveLength(again.seq);
  expect(await at.ask('/daemon/logs?after=-1')).toMatchObject({ status: 400, body: { error: 'bad_request' } });
});

test('a probe needs no token, and says what the worker works with', async () => {
  await using at = await setupApi({ engines: [new ScriptedEngine()] });
  const { status, body } = await at.ask('/healthz', { headers: { authorization: '' } });
  expect({ status, body: v.parse(HealthSchema, body) }).toMatchObject({
    status: 200,
    body: { engine: 'synthetic', busy: false },
  });
});

needs(POSIX)('the API’s address file is private and removed on a clean stop', async () => {
  await using at = await setupApi();
  const path = join(at.worker.folder, 'local-api.json');
  expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ url: at.api.url, token: at.api.token, pid: process.pid });
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await at.api[Symbol.asyncDispose]();
  expect(await stat(path).catch(() => 'gone')).toBe('gone');
});

test('a configured API token is used and never logged', async () => {
  await using at = await setupApi({ config: { local_api_token: 'open-sesame-0123456789' } });
  expect(at.api.token).toBe('open-sesame-0123456789');
  expect(await at.ask('/jobs')).toMatchObject({ status: 200 });
  expect(at.worker.stderr()).not.toContain('open-sesame');
});

test('another port is found where somebody has the known one', async () => {
  await using first = await setupApi();
  const port = Number(URL.parse(first.api.url)?.port);
  await using second = await setupApi({ config: { local_api_port: port } });
  expect(second.api.url).not.toBe(first.api.url);
  expect(second.worker.events.map(({ event }) => event)).toContain('local-api.port-taken');
});

test('every engine reports its readiness, or what it lacks with a hint', async () => {
  await using at = await setupApi();
  const engines = v.parse(v.array(EngineSchema), (await at.ask('/engines')).body);
  expect(engines.find(({ engine }) => engine === 'synthetic')).toMatchObject({ ready: true });
  const lacking = engines.filter(({ ready }) => !ready);
  expect(lacking.every(({ because = '', hint = '' }) => because !== '' && hint !== '')).toBe(true);
});

test('a worker that nothing updates refuses to, by name', async () => {
  await using at = await setupApi();
  expect(await at.post('/update', {})).toMatchObject({ status: 409, body: { error: 'update_unsupported' } });
});

test('an API that cannot say where it listens is named with the file', async () => {
  await using at = await setupScene({ config: { local_api_port: 0 } });
  const { composed, effects, config, log, engines, folder } = at.worker;
  await mkdir(join(folder, 'local-api.json', 'in-the-way'), { recursive: true });
  expect(await serveLocalApi(composed, { effects, config, log, engines })).toBe(undefined);
  expect(sentenceOf(await at.worker.logged('local-api.unavailable'))).toContain(
    `its local API cannot write ${join(folder, 'local-api.json')}, by which they would find it: `,
  );
});
