import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type OpenAI from 'openai';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { synthetic } from '../../fakes/builders.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupReal } from './real-models.ts';
import { SAYS_A_CALL, TAKES_TOOLS } from './tool-model.ts';

setDefaultTimeout(TEST_MS);

const WEATHER = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'How the weather is',
    parameters: {
      type: 'object',
      properties: { city: { enum: ['Oslo'] } },
      required: ['city'],
      additionalProperties: false,
    },
  },
} as const satisfies OpenAI.ChatCompletionTool;

const ask = { model: 'caller', messages: [{ role: 'user' as const, content: 'Rain?' }], tools: [WEATHER] };
const setup = () => setupReal({ caller: chatModel({ template: TAKES_TOOLS, says: SAYS_A_CALL }), plain: chatModel() });
const refusalOf = (asked: Promise<unknown>): Promise<unknown> => asked.catch((thrown: unknown) => thrown);

describe('a model whose template takes tools', () => {
  test('calls them, and says what it said before', async () => {
    await using at = await setup();
    const { choices } = await at.client.chat.completions.create(ask);
    expect(choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Let me look.',
        tool_calls: [{ type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
      },
    });
    expect(choices[0]?.message.tool_calls?.[0]?.id).toStartWith('call_local-');
  });

  test('streams its words, and its calls at the end', async () => {
    await using at = await setup();
    const chunks = await Array.fromAsync(await at.client.chat.completions.create({ ...ask, stream: true }));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    expect(deltas.map(({ content }) => content ?? '').join('')).toBe('Let me look.');
    expect(deltas.flatMap(({ tool_calls: calls }) => calls ?? [])).toMatchObject([
      { index: 0, function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
    ]);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test.each([
    ['required', 'required'],
    ['named', { type: 'function', function: { name: 'weather' } }],
  ] as const)('writes nothing but a call where one is %s', async (_title, choice) => {
    await using at = await setup();
    const { choices } = await at.client.chat.completions.create({ ...ask, tool_choice: choice });
    expect(choices[0]?.message).toMatchObject({
      content: null,
      tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
    });
  });

  test('reads what came of a call', async () => {
    await using at = await setup();
    const call = {
      id: 'call_1',
      type: 'function' as const,
      function: { name: 'weather', arguments: '{"city":"Oslo"}' },
    };
    const messages = [
      ...ask.messages,
      { role: 'assistant' as const, content: null, tool_calls: [call] },
      { role: 'tool' as const, tool_call_id: 'call_1', content: 'rain' },
    ];
    const { usage } = await at.client.chat.completions.create({ model: 'caller', messages });
    const without = await at.client.chat.completions.create({ model: 'caller', messages: ask.messages });
    expect(usage?.prompt_tokens).toBeGreaterThan((without.usage?.prompt_tokens ?? 0) + 'called with Oslo'.length / 2);
  });

  test('calls none where the client chose so', async () => {
    await using at = await setup();
    const { choices } = await at.client.chat.completions.create({ ...ask, tool_choice: 'none' });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.stringContaining('<tool_call>') },
    });
  });
});

describe('tools are refused', () => {
  test('where the template takes none', async () => {
    await using at = await setup();
    expect(await refusalOf(at.client.chat.completions.create({ ...ask, model: 'plain' }))).toMatchObject({
      status: 400,
      code: 'task_unsupported',
      message: expect.stringContaining('the chat template of this model takes no tools'),
    });
  });

  test('by the synthetic engine, whose reply is fixed', async () => {
    await using at = await setup();
    await at.post('/models', { id: 'fixed', kind: 'llm', source: synthetic });
    expect(await refusalOf(at.client.chat.completions.create({ ...ask, model: 'fixed' }))).toMatchObject({
      status: 400,
    });
  });

  test.each([
    ['a choice of a tool that is not there', { tool_choice: { type: 'function', function: { name: 'launch' } } }],
    ['a choice without tools', { tools: [], tool_choice: 'required' }],
    [
      'a call that must be of another format, too',
      { tool_choice: 'required', response_format: { type: 'json_object' } },
    ],
    ['a name with blanks', { tools: [{ type: 'function', function: { name: 'a b' } }] }],
    ['another type of tool', { tools: [{ type: 'retrieval' }] }],
    [
      'arguments that are no JSON',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'function', function: { name: 'b', arguments: '{' } }] },
        ],
      },
    ],
  ])('for %s', async (_title, change) => {
    await using at = await setup();
    expect(await at.post('/v1/chat/completions', { ...ask, ...change })).toMatchObject({
      status: 400,
      body: { error: { type: 'invalid_request_error' } },
    });
  });
});
