import { expect, test } from 'bun:test';
import * as v from 'valibot';
import {
  JobListSchema,
  ModelListSchema,
  RegistrationListSchema,
  StatusViewSchema,
  WorkerListSchema,
} from '../../../../src/contract/operator/views.ts';
import { parseJson } from '../../../../src/contract/json.ts';
import { API_PREFIX } from '../../../../src/contract/routes.ts';
import { bareWorker, jobOf } from '../../../fakes/studio/bare-worker.ts';
import { aTask, anLlmTask, synthetic } from '../../../fakes/builders.ts';
import { fakeStudio } from '../../../fakes/studio/fake-studio.ts';

const aModel = (about: Readonly<Record<string, unknown>> = {}) => ({
  id: 'z-image',
  kind: 'image',
  vramGbEstimate: 8,
  source: synthetic,
  ...about,
});
const read = async <Schema extends v.GenericSchema>(schema: Schema, response: Response) =>
  v.parse(schema, parseJson(await response.text()));

test('a model is added once, changed, listed and removed', async () => {
  await using studio = await fakeStudio();
  expect((await studio.operator('POST', '/models', aModel())).status).toBe(201);
  expect((await studio.operator('POST', '/models', aModel())).status).toBe(409);
  expect((await studio.operator('PUT', '/models/z-image', aModel({ vramGbEstimate: 9 }))).status).toBe(200);
  const { models } = await read(ModelListSchema, await studio.operator('GET', '/models'));
  expect(models).toMatchObject([{ id: 'z-image', vramGbEstimate: 9 }]);
  expect((await studio.operator('DELETE', '/models/z-image')).status).toBe(204);
  expect((await studio.operator('DELETE', '/models/z-image')).status).toBe(404);
});

test('a job takes recipe and estimate from its model', async () => {
  await using studio = await fakeStudio();
  using worker = await bareWorker(await studio.enrol());
  await studio.operator('POST', '/models', aModel());
  await studio.operator('POST', '/jobs', { model: 'z-image', task: aTask({ kind: 'image', prompt: 'a fox' }) });
  const offer = await worker.next('offer');
  expect(offer['claim']).toMatchObject({ model: 'z-image', vramGbEstimate: 8, modelSource: { engine: 'synthetic' } });
});

test('a job of an unknown model or of another kind is rejected', async () => {
  await using studio = await fakeStudio();
  expect((await studio.operator('POST', '/jobs', { model: 'nobody', task: anLlmTask() })).status).toBe(400);
  await studio.operator('POST', '/models', aModel());
  const wrongKind = await studio.operator('POST', '/jobs', { model: 'z-image', task: anLlmTask() });
  expect(await wrongKind.json()).toMatchObject({ error: 'invalid', message: expect.stringContaining('image') });
});

test.each([
  [{ ext: 'exe' }, 'task.ext is "exe"; allowed: webp, png, jpg, jpeg, gif, tif, tiff, bmp'],
  [{ ext: '../x' }, 'allowed: webp, png'],
  [{ width: 99_999, height: 3 }, 'task.width is 99999; allowed: at most 16384'],
  [{ height: 4_294_967_295 }, 'task.height is 4294967295; allowed: at most 16384'],
  [{ steps: 4_294_967_295 }, 'task.steps is 4294967295; allowed: at most 1000'],
])('a job for an image that no engine makes is refused by name: %p', async (about, message) => {
  await using studio = await fakeStudio();
  const task = { kind: 'image', prompt: 'a fox', ...about };
  const answer = await studio.operator('POST', '/jobs', { model: 'z-image', modelSource: synthetic, task });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ message: expect.stringContaining(message) });
});

test('jobs are listed newest first, page by page, by state', async () => {
  await using studio = await fakeStudio();
  const made = [];
  for (let at = 0; at < 3; at++) made.unshift((await studio.createJob(anLlmTask())).id);
  const first = await read(JobListSchema, await studio.operator('GET', '/jobs?limit=2&state=queued'));
  expect(first.jobs.map((job) => job.id)).toEqual(made.slice(0, 2));
  const second = await read(JobListSchema, await studio.operator('GET', `/jobs?limit=2&cursor=${first.nextCursor}`));
  expect(second.jobs.map((job) => job.id)).toEqual(made.slice(2));
  expect((await studio.operator('GET', '/jobs?limit=many')).status).toBe(400);
});

test('higher priority goes first', async () => {
  await using studio = await fakeStudio();
  await studio.createJob(anLlmTask());
  const urgent = await studio.createJob(anLlmTask(), { priority: 5 });
  using worker = await bareWorker(await studio.enrol());
  expect(jobOf(await worker.next('offer'))).toBe(urgent.id);
});

test('a queued job is given another priority, a running one is not', async () => {
  await using studio = await fakeStudio();
  await studio.createJob(anLlmTask());
  const job = await studio.createJob(anLlmTask());
  const change = (priority: unknown) => studio.operator('PATCH', `/jobs/${job.id}`, { priority });
  expect([(await change(1_001)).status, (await change(undefined)).status]).toEqual([400, 400]);
  expect(await (await change(7)).json()).toMatchObject({ id: job.id, state: 'queued', priority: 7 });
  using worker = await bareWorker(await studio.enrol());
  expect(jobOf(await worker.next('offer'))).toBe(job.id);
  worker.send({ type: 'accept', jobId: job.id });
  await studio.jobIs(job.id, 'running');
  const late = await change(8);
  expect([late.status, await late.json()]).toEqual([
    409,
    expect.objectContaining({ message: 'the job is not queued any more: it is running' }),
  ]);
});

test('workers, registrations and the overview read as the contract describes them', async () => {
  await using studio = await fakeStudio();
  const credentials = await studio.enrol();
  using worker = await bareWorker(credentials);
  const job = await studio.createJob(anLlmTask());
  await worker.next('offer');
  worker.send({ type: 'accept', jobId: job.id });
  await studio.jobIs(job.id, 'running');
  const { workers } = await read(WorkerListSchema, await studio.operator('GET', '/workers'));
  expect(workers).toMatchObject([{ workerId: credentials.workerId, connected: true, currentJobId: job.id }]);
  const status = await read(StatusViewSchema, await studio.operator('GET', '/status'));
  expect(status).toMatchObject({ workers: { known: 1, connected: 1, busy: 1 }, jobs: { running: 1 } });
  const { registrations } = await read(RegistrationListSchema, await studio.operator('GET', '/registrations'));
  expect(registrations).toEqual([]);
});

test('what does not exist is 404 by its name', async () => {
  await using studio = await fakeStudio();
  for (const path of ['/jobs/nobody', '/models/nobody', '/jobs/nobody/artifact', '/jobs/nobody/attempts']) {
    const answer = await studio.operator('GET', path);
    expect([answer.status, ((await answer.json()) as { message: string }).message]).toEqual([
      404,
      expect.stringContaining('nobody'),
    ]);
  }
});

test('a number with more digits than any has is refused', async () => {
  await using studio = await fakeStudio();
  const body = JSON.stringify(aModel({ vramGbEstimate: 7 })).replace(/:7\b/, `:1${'0'.repeat(400)}`);
  const answer = await fetch(`${studio.url}${API_PREFIX}/admin/models`, {
    method: 'POST',
    headers: { authorization: `Bearer ${studio.studio.operatorToken}`, 'content-type': 'application/json' },
    body,
  });
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain('vramGbEstimate');
});
