import { expect, setDefaultTimeout, test } from 'bun:test';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupReal } from './real-models.ts';

setDefaultTimeout(TEST_MS);

const SAID = /^Hello from a (?:tiny|small) model here$/;
const setup = () => setupReal({ tiny: chatModel() });

test('the client gets a response to a text', async () => {
  await using at = await setup();
  const response = await at.client.responses.create({ model: 'tiny', input: 'hi', instructions: 'Be brief.' });
  expect(response).toMatchObject({
    object: 'response',
    status: 'completed',
    output: [{ type: 'message', role: 'assistant' }],
  });
  expect(response.output_text).toMatch(SAID);
  expect(response.usage?.output_tokens).toBeGreaterThan(0);
});

test('a response to a chat in parts is cut where the client wants', async () => {
  await using at = await setup();
  const response = await at.client.responses.create({
    model: 'tiny',
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'hi' }] }],
    max_output_tokens: 2,
  });
  expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
});

test('a streamed response adds up, and its events are counted', async () => {
  await using at = await setup();
  const events = await Array.fromAsync(await at.client.responses.create({ model: 'tiny', input: 'hi', stream: true }));
  expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, at_) => at_));
  const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
  expect(text).toMatch(SAID);
  expect(events.map(({ type }) => type).filter((type) => type !== 'response.output_text.delta')).toEqual([
    'response.created',
    'response.in_progress',
    'response.output_item.added',
    'response.content_part.added',
    'response.output_text.done',
    'response.content_part.done',
    'response.output_item.done',
    'response.completed',
  ]);
  expect(events.at(-1)).toMatchObject({ response: { status: 'completed', output: [{ content: [{ text }] }] } });
});

test('the client’s own helper follows a response to its end', async () => {
  await using at = await setup();
  const response = await at.client.responses.stream({ model: 'tiny', input: 'hi' }).finalResponse();
  expect(response.output_text).toMatch(SAID);
});

test.each([
  ['an earlier response, which nobody kept', { previous_response_id: 'resp_1' }, 'previous_response_id'],
  ['tools that are no functions', { tools: [{ type: 'web_search' }] }, 'tools.0.type'],
  ['nothing to answer', { input: [] }, 'input'],
])('a request with %s is refused by the field', async (_title, change, param) => {
  await using at = await setup();
  expect(await at.post('/v1/responses', { model: 'tiny', input: 'hi', ...change })).toMatchObject({
    status: 400,
    body: { error: { param } },
  });
});
