import { expect, setDefaultTimeout, test } from 'bun:test';
import OpenAI from 'openai';
import { synthetic } from '../../fakes/builders.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const MESSAGES = [{ role: 'user' as const, content: 'What is a fox?' }];
const chatModel = { id: 'tiny-chat', kind: 'llm', source: synthetic };

/** A worker with one model for chats, and the client that programs use. */
async function setup() {
  const at = await setupApi();
  await at.post('/models', chatModel);
  const client = new OpenAI({ baseURL: `${at.api.url}/v1`, apiKey: at.api.token, maxRetries: 0 });
  return { ...at, client };
}

/** The refusal that the client throws. */
const refusalOf = (asked: Promise<unknown>): Promise<unknown> =>
  asked.then(
    () => 'no error',
    (thrown: unknown) => thrown,
  );

test('the client lists the models of the catalogue', async () => {
  await using at = await setup();
  const { data } = await at.client.models.list();
  expect(data).toEqual([{ id: 'tiny-chat', object: 'model', created: 0, owned_by: 'local' }]);
});

test('an OpenAI client gets a chat reply, recorded as a local job', async () => {
  await using at = await setup();
  const completion = await at.client.chat.completions.create({ model: 'tiny-chat', messages: MESSAGES });
  expect(completion).toMatchObject({
    object: 'chat.completion',
    model: 'tiny-chat',
    choices: [{ index: 0, message: { role: 'assistant' }, finish_reason: 'stop' }],
  });
  expect(completion.choices[0]?.message.content).toStartWith('[synthetic] reply');
  expect(completion.usage?.prompt_tokens).toBeGreaterThan(0);
  const { recentJobs } = at.worker.composed.status();
  expect(recentJobs).toMatchObject([{ origin: 'local', kind: 'llm', model: 'tiny-chat', status: 'completed' }]);
});

test('a stream adds up to the whole answer, and ends with its usage', async () => {
  await using at = await setup();
  const whole = await at.client.chat.completions.create({ model: 'tiny-chat', messages: MESSAGES });
  const stream = await at.client.chat.completions.create({
    model: 'tiny-chat',
    messages: MESSAGES,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await Array.fromAsync(stream);
  expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '' });
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  expect(text).toBe(whole.choices[0]?.message.content ?? 'nothing');
  expect(chunks.at(-2)?.choices[0]?.finish_reason).toBe('stop');
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
});

test('a request without a model runs on the only one that there is', async () => {
  await using at = await setup();
  const { body } = await at.post('/v1/chat/completions', { messages: MESSAGES });
  expect(body).toMatchObject({ model: 'tiny-chat' });
  await at.post('/models', { ...chatModel, id: 'other' });
  const second = await at.post('/v1/chat/completions', { messages: MESSAGES });
  expect(second).toMatchObject({
    status: 400,
    body: { error: { message: 'model: name one of tiny-chat, other', type: 'invalid_request_error', param: 'model' } },
  });
});

test('a request without a model passes over those that are not on this disk', async () => {
  await using at = await setup();
  const file = { role: 'model', url: 'https://127.0.0.1/far.gguf', filename: 'far.gguf' };
  await at.post('/models', { ...chatModel, id: 'far', source: { ...synthetic, engine: 'llama-cpp', files: [file] } });
  const { body } = await at.post('/v1/chat/completions', { messages: MESSAGES });
  expect(body).toMatchObject({ model: 'tiny-chat' });
});

test('a chat’s message parts, images and system message are read', async () => {
  await using at = await setup();
  const eyes = { url: 'http://127.0.0.1/eyes.gguf', filename: 'eyes.gguf', role: 'text-encoder-vision' };
  await at.post('/models', { ...chatModel, source: { ...synthetic, files: [eyes] } });
  const pixel =
    'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const completion = await at.client.chat.completions.create({
    model: 'tiny-chat',
    messages: [
      { role: 'developer', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What is this?' },
          { type: 'image_url', image_url: { url: pixel } },
        ],
      },
    ],
  });
  expect(completion.choices[0]?.message.content).toEndWith('(read 1 images: 1x1)');
});

test('an image elsewhere is refused, since nothing is fetched for a program', async () => {
  await using at = await setup();
  const content = [{ type: 'image_url' as const, image_url: { url: 'http://127.0.0.1/secret.png' } }];
  const asked = at.client.chat.completions.create({ model: 'tiny-chat', messages: [{ role: 'user', content }] });
  expect(await refusalOf(asked)).toMatchObject({ status: 400, code: 'bad_request', param: 'images' });
});

test.each([
  ['a model that is not known', { model: 'nobody' }, 404, 'unknown_model'],
  ['a model of another kind', { model: 'painter' }, 400, 'wrong_model'],
  ['a model that is turned off', { model: 'off' }, 400, 'model_disabled'],
  ['no message', { messages: [] }, 400, 'bad_request'],
  ['more answers than one', { n: 2 }, 400, 'bad_request'],
  ['a temperature below zero', { temperature: -1 }, 400, 'bad_request'],
  ['a tool without a name', { tools: [{ type: 'function' }] }, 400, 'bad_request'],
])('%s is refused in the shape of that API', async (_title, change, status, code) => {
  await using at = await setup();
  await at.post('/models', { id: 'painter', kind: 'image', source: synthetic });
  await at.post('/models', { ...chatModel, id: 'off', enabled: false });
  const answer = await at.post('/v1/chat/completions', { model: 'tiny-chat', messages: MESSAGES, ...change });
  expect(answer).toMatchObject({ status, body: { error: { code, type: 'invalid_request_error' } } });
});

test('a client without the token reads a refusal of the same shape', async () => {
  await using at = await setup();
  const stranger = new OpenAI({ baseURL: `${at.api.url}/v1`, apiKey: 'wrong', maxRetries: 0 });
  expect(await refusalOf(stranger.models.list())).toMatchObject({ status: 401, type: 'authentication_error' });
  const missing = await at.ask('/v1/files');
  expect(missing).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } });
});
