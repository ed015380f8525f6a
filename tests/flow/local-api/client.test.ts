import { expect, setDefaultTimeout, test } from 'bun:test';
import { readEvent } from '../../../src/local-api/contract/events.ts';
import { workerApi } from '../../../src/compose/local/worker-api.ts';
import { synthetic } from '../../fakes/builders.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const chatModel = { id: 'tiny-chat', kind: 'llm', source: synthetic };

/** A worker, and a command’s way to its API by the file beside the config. */
async function setup() {
  const at = await setupApi();
  return { ...at, client: workerApi(at.worker.config.path, at.worker.effects) };
}

test('a command asks by the table of routes, and reads answers by it', async () => {
  await using at = await setup();
  await at.post('/models', chatModel);
  expect(await at.client.call('models')).toMatchObject([{ id: 'tiny-chat', disk: { state: 'none-needed' } }]);
  expect(await at.client.call('modelState', { params: { id: 'tiny-chat' } })).toMatchObject({ state: 'unloaded' });
});

test('a refusal is the failure that it was in the worker', async () => {
  await using at = await setup();
  const asked = at.client.call('modelState', { params: { id: 'nobody' } });
  expect(await asked.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'model.not-found' });
});

test('a refusal in the shape of OpenAI’s API is read as well', async () => {
  await using at = await setup();
  const body = { model: 'nobody', messages: [{ role: 'user' as const, content: 'hi' }], stream: true };
  const events = at.client.events('chatCompletions', { body });
  expect(await events.next().catch((thrown: unknown) => thrown)).toMatchObject({
    code: 'model.not-found',
    message: 'no model nobody is in the catalogue',
  });
});

test('events are followed until the reader leaves', async () => {
  await using at = await setup();
  for await (const event of at.client.events('events')) {
    expect(readEvent(event)).toMatchObject([{ event: 'status' }]);
    break;
  }
});

test('without a worker there is nobody to ask', async () => {
  await using at = await setup();
  await at.api[Symbol.asyncDispose]();
  at.worker.signal();
  await at.worker.ended;
  expect(await at.client.call('healthz').catch((thrown: unknown) => thrown)).toMatchObject({
    code: 'worker.not-running',
  });
});
