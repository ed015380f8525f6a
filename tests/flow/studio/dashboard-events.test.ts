import { expect, setDefaultTimeout, test } from 'bun:test';
import * as v from 'valibot';
import { OverviewSchema, type StudioFeedEvent } from '../../../src/contract/page/dashboard.ts';
import { anLlmTask, synthetic } from '../../fakes/builders.ts';
import { bareWorker, jobOf } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { TEST_MS } from '../wait-for.ts';
import { follow } from './follow.ts';

setDefaultTimeout(TEST_MS);

test('a studio shows its present first, and then what changes', async () => {
  await using studio = await fakeStudio();
  using events = await follow(studio);
  expect((await events.next()).event).toMatchObject({ event: 'status', data: { workers: { connected: 0 } } });
  const credentials = await studio.enrol();
  using worker = await bareWorker(credentials);
  const isConnected = (event: StudioFeedEvent) => event.event === 'worker' && event.data.connected;
  expect((await events.until(isConnected)).event.data).toMatchObject({ workerId: credentials.workerId });
  const { id } = await studio.createJob(anLlmTask());
  const offer = await worker.next('offer');
  const isOffered = (event: StudioFeedEvent) => event.event === 'job' && event.data.state === 'offered';
  expect((await events.until(isOffered)).event.data).toMatchObject({ id, workerId: credentials.workerId });
  worker.send({ type: 'accept', jobId: jobOf(offer) });
  await events.until((event) => event.event === 'worker' && event.data.currentJobId === id);
  worker.send({ type: 'completeJson', jobId: id, result: { kind: 'llm', content: 'a long answer' } });
  const done = await events.until((event) => event.event === 'job' && event.data.state === 'completed');
  expect(done.event.data).not.toHaveProperty('result');
});

test('lines that a worker logs arrive as they are kept', async () => {
  await using studio = await fakeStudio();
  using worker = await bareWorker(await studio.enrol());
  using events = await follow(studio);
  const entry = { ts: '2026-11-28T07:00:00.000Z', level: 'warn', category: 'ws', message: 'the disk is nearly full' };
  worker.send({ type: 'logBatch', entries: [entry] });
  const { event } = await events.until((one) => one.event === 'lines');
  expect(event.data).toMatchObject({ lines: [{ seq: 1, ...entry }] });
});

test('a request to join, a model and a worker that goes are told', async () => {
  await using studio = await fakeStudio();
  const { workerId } = await studio.enrol();
  using events = await follow(studio);
  await studio.operator('POST', '/models', { id: 'fox', kind: 'llm', vramGbEstimate: 1, source: synthetic });
  await events.until((event) => event.event === 'models');
  await studio.operator('DELETE', `/workers/${workerId}`);
  const { event } = await events.until((one) => one.event === 'workerRemoved');
  expect(event.data).toEqual({ workerId });
});

test('a stream is resumed behind the last event that was seen', async () => {
  await using studio = await fakeStudio();
  let lastId = '';
  {
    using events = await follow(studio);
    await studio.createJob(anLlmTask());
    lastId = (await events.until((event) => event.event === 'job')).id;
  }
  const { id } = await studio.createJob(anLlmTask());
  using resumed = await follow(studio, lastId);
  const { event } = await resumed.until((one) => one.event === 'job' || one.event === 'missed');
  expect(event).toMatchObject({ event: 'job', data: { id } });
});

test('what cannot be resumed is said to be missed', async () => {
  await using studio = await fakeStudio();
  using events = await follow(studio, 'another-7');
  expect((await events.next()).event.event).toBe('missed');
});

test('the last day tells of ended jobs and of those nobody can take', async () => {
  await using studio = await fakeStudio();
  using worker = await bareWorker(await studio.enrol());
  const done = await studio.createJob(anLlmTask());
  worker.send({ type: 'accept', jobId: jobOf(await worker.next('offer')) });
  worker.send({ type: 'completeJson', jobId: done.id, result: { kind: 'llm', content: '' } });
  await studio.jobIs(done.id, 'completed');
  await studio.createJob(anLlmTask(), { vramGbEstimate: 900 });
  const { hours, ...queue } = v.parse(OverviewSchema, await (await studio.operator('GET', '/overview')).json());
  expect(hours).toHaveLength(24);
  expect(hours.at(-1)).toMatchObject({ done: 1, failed: 0 });
  expect(queue).toMatchObject({
    usualWaitMs: expect.any(Number),
    oldestQueuedAt: expect.any(Number),
    unservable: { count: 1, maxVramGb: 900 },
  });
});
