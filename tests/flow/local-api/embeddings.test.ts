import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import OpenAI from 'openai';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { synthetic } from '../../fakes/builders.ts';
import { vectorModel } from '../../fakes/models/vector-model.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupReal } from './real-models.ts';
import { setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const lengthOf = (vector: readonly number[]): number => Math.hypot(...vector);
const likeness = (a: readonly number[] = [], b: readonly number[] = []): number =>
  a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

describe('a model for vectors', () => {
  test('gives each text a vector of length 1, alike for like texts', async () => {
    await using at = await setupReal({ vectors: vectorModel() });
    const input = ['the red fox.', 'a blue owl', 'the red fox.'];
    const { data, usage } = await at.client.embeddings.create({ model: 'vectors', input });
    const [fox, owl, again] = data.map(({ embedding }) => embedding);
    expect(data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(fox).toHaveLength(32);
    expect(lengthOf(fox ?? [])).toBeCloseTo(1, 5);
    expect(likeness(fox, again)).toBeCloseTo(1, 5);
    expect(likeness(fox, owl)).toBeLessThan(0.99);
    expect(usage).toEqual({ prompt_tokens: 17, total_tokens: 17 });
  });

  test('gives the same numbers as floats and in base64', async () => {
    await using at = await setupReal({ vectors: vectorModel() });
    const asked = { model: 'vectors', input: 'a red fox' };
    const floats = await at.client.embeddings.create({ ...asked, encoding_format: 'float' });
    const { body } = await at.post('/v1/embeddings', { ...asked, encoding_format: 'base64' });
    const { data } = body as { data: { embedding: string }[] };
    const bytes = Buffer.from(data[0]?.embedding ?? '', 'base64');
    expect(bytes).toHaveLength(4 * 32);
    expect(floats.data[0]?.embedding).toHaveLength(32);
    for (const [place, value] of (floats.data[0]?.embedding ?? []).entries()) {
      expect(bytes.readFloatLE(4 * place)).toBeCloseTo(value, 6);
    }
  });

  test('refuses a text that it cannot read whole, by its place', async () => {
    await using at = await setupReal({ vectors: vectorModel() });
    const asked = at.client.embeddings.create({ model: 'vectors', input: ['fox', 'fox '.repeat(100)] });
    expect(await asked.catch((thrown: unknown) => thrown)).toMatchObject({
      status: 400,
      code: 'task_prompt_too_long',
      message: expect.stringContaining('input[1] is 102 tokens'),
    });
  });

  test('answers no chat, and says why', async () => {
    await using at = await setupReal({ vectors: vectorModel() });
    const messages = [{ role: 'user' as const, content: 'hi' }];
    const asked = at.client.chat.completions.create({ model: 'vectors', messages });
    expect(await asked.catch((thrown: unknown) => thrown)).toMatchObject({ code: 'model_unusable' });
  });
});

test('a chat model gives vectors, and goes on to chat', async () => {
  await using at = await setupReal({ tiny: chatModel() });
  const { data } = await at.client.embeddings.create({ model: 'tiny', input: 'Hello' });
  expect(data[0]?.embedding.length).toBeGreaterThan(0);
  const messages = [{ role: 'user' as const, content: 'hi' }];
  const { choices } = await at.client.chat.completions.create({ model: 'tiny', messages });
  expect(choices[0]?.message.content).toStartWith('Hello from a');
});

test('tokens of a text are told by a model that is in memory', async () => {
  await using at = await setupReal({ vectors: vectorModel() });
  expect(await at.post('/tokenize', { model: 'vectors', content: 'red fox' })).toMatchObject({
    status: 409,
    body: { error: 'model_not_loaded' },
  });
  await at.client.embeddings.create({ model: 'vectors', input: 'fox' });
  const plain = await at.post('/tokenize', { model: 'vectors', content: 'red fox' });
  expect(plain.body).toEqual({ tokens: [5, 6] });
  const whole = await at.post('/tokenize', { model: 'vectors', content: 'red fox', add_special: true });
  expect(whole.body).toEqual({ tokens: [2, 5, 6, 3] });
  const jobs = await at.ask('/jobs');
  expect(jobs.body).toMatchObject([{ prompt: 'fox' }]); // what counts tokens is no job to be shown
});

describe('a request for vectors', () => {
  const setup = async () => {
    const at = await setupApi();
    await at.post('/models', { id: 'tiny', kind: 'llm', source: synthetic });
    return { ...at, client: new OpenAI({ baseURL: `${at.api.url}/v1`, apiKey: at.api.token, maxRetries: 0 }) };
  };

  test('takes dimensions only where they are the model’s own', async () => {
    await using at = await setup();
    const own = await at.client.embeddings.create({ model: 'tiny', input: 'fox', dimensions: 32 });
    expect(own.data[0]?.embedding).toHaveLength(32);
    const other = at.client.embeddings.create({ model: 'tiny', input: 'fox', dimensions: 8 });
    expect(await other.catch((thrown: unknown) => thrown)).toMatchObject({ status: 400, param: 'dimensions' });
  });

  test.each([
    ['tokens instead of text', { input: [1, 2, 3] }],
    ['no text', { input: [] }],
    ['an empty text', { input: ['fox', ''] }],
    ['an unknown encoding', { input: 'fox', encoding_format: 'hex' }],
  ])('with %s is refused', async (_title, change) => {
    await using at = await setup();
    expect(await at.post('/v1/embeddings', { model: 'tiny', ...change })).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error' } },
    });
  });
});
