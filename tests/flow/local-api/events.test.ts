import { expect, setDefaultTimeout, test } from 'bun:test';
import * as v from 'valibot';
import { EVENT_SCHEMAS, isEventName } from '../../../src/local-api/contract/events.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { TEST_MS } from '../wait-for.ts';
import { type Sent, setupApi, subscribe } from './scene.ts';

setDefaultTimeout(TEST_MS);

/** What an event holds, by its contract. */
function read({ event, data }: Sent): unknown {
  if (!isEventName(event)) throw new Error(`no such event: ${event}`);
  return v.parse(EVENT_SCHEMAS[event], data);
}

test('a subscriber is shown the present first, and then each job with its log', async () => {
  const engine = new ScriptedEngine();
  await using at = await setupApi({ engines: [engine] });
  await using events = await subscribe(at.api);
  expect(read(await events.next())).toMatchObject({ hero: 'idle' });
  const { id } = await at.studio.createJob(anLlmTask());
  expect(read(await events.next('job'))).toMatchObject({ jobId: id, status: 'running' });
  (await engine.started()).finish();
  expect(JSON.stringify(read(await events.next('log')))).toContain(id);
  for (let job = read(await events.next('job')); ; job = read(await events.next('job'))) {
    if (JSON.stringify(job).includes('"status":"completed"')) break;
  }
});

test('a change of the worker is a new status', async () => {
  await using at = await setupApi();
  await using events = await subscribe(at.api);
  expect(read(await events.next('status'))).toMatchObject({ paused: false });
  await at.post('/daemon/pause');
  expect(read(await events.next('status'))).toMatchObject({ paused: true, hero: 'paused' });
});

test('who comes back goes on after the last event seen, and misses none', async () => {
  await using at = await setupApi();
  const { logger } = at.worker.log;
  const first = await subscribe(at.api);
  await first.next('status');
  logger.info('scratch.removed', { folder: '/one' });
  const { id } = await first.next('log');
  await first[Symbol.asyncDispose]();
  logger.info('scratch.removed', { folder: '/two' });
  await using again = await subscribe(at.api, id);
  const { event, data } = await again.next();
  expect({ event, data: JSON.stringify(data) }).toEqual({ event: 'log', data: expect.stringContaining('/two') });
});

test('who was away too long is told that something is missing', async () => {
  await using at = await setupApi();
  const first = await subscribe(at.api);
  const { id } = await first.next('status');
  await first[Symbol.asyncDispose]();
  for (let line = 0; line < 1_001; line++) at.worker.log.logger.info(`test.line-${line}`);
  await using again = await subscribe(at.api, id);
  expect((await again.next()).event).toBe('missed');
  expect((await again.next()).event).toBe('status');
  await using ofAnotherRun = await subscribe(at.api, 'deadbeef-3');
  expect((await ofAnotherRun.next()).event).toBe('missed');
});

test('streams end with the worker', async () => {
  await using at = await setupApi();
  await using events = await subscribe(at.api);
  await events.next('status');
  await at.api[Symbol.asyncDispose]();
  expect(events.next('never')).rejects.toThrow();
});
