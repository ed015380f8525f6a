import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import type OpenAI from 'openai';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { TEST_MS } from '../wait-for.ts';
import { setupReal } from './real-models.ts';
import { SAYS_A_CALL, TAKES_TOOLS } from './tool-model.ts';

setDefaultTimeout(TEST_MS);

const WEATHER = {
  type: 'function',
  name: 'weather',
  description: 'How the weather is',
  parameters: {
    type: 'object',
    properties: { city: { enum: ['Oslo'] } },
    required: ['city'],
    additionalProperties: false,
  },
  strict: true,
} as const satisfies OpenAI.Responses.FunctionTool;

const ask = { model: 'caller', input: 'Rain?', tools: [WEATHER] };
const setup = () => setupReal({ caller: chatModel({ template: TAKES_TOOLS, says: SAYS_A_CALL }) });

const CALL = { type: 'function_call', status: 'completed', name: 'weather', arguments: '{"city":"Oslo"}' } as const;

describe('a response to a request with functions', () => {
  test('has what the model said, and its call', async () => {
    await using at = await setup();
    const response = await at.client.responses.create(ask);
    expect(response).toMatchObject({
      status: 'completed',
      tool_choice: 'auto',
      output: [{ type: 'message', content: [{ text: 'Let me look.' }] }, CALL],
    });
    expect(response.output_text).toBe('Let me look.');
  });

  test('streams the words first, and then the call', async () => {
    await using at = await setup();
    const events = await Array.fromAsync(await at.client.responses.create({ ...ask, stream: true }));
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    const text = events.map((event) => (event.type === 'response.output_text.delta' ? event.delta : '')).join('');
    expect(text).toBe('Let me look.');
    const ofCall = events.slice(-5);
    expect(ofCall.map(({ type }) => type)).toEqual([
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    expect(ofCall[1]).toMatchObject({ output_index: 1, delta: CALL.arguments });
    expect(ofCall[3]).toMatchObject({ output_index: 1, item: CALL });
    expect(ofCall[4]).toMatchObject({ response: { output: [{ type: 'message' }, CALL] } });
  });

  test.each(['required', { type: 'function', name: 'weather' }] as const)(
    'is nothing but a call where the choice is %j',
    async (choice) => {
      await using at = await setup();
      const request = { ...ask, tool_choice: choice };
      expect((await at.client.responses.create(request)).output).toMatchObject([CALL]);
      const { output } = await at.client.responses.stream(request).finalResponse();
      expect(output).toMatchObject([{ ...CALL, call_id: expect.stringMatching(/^call_local-/) }]);
    },
  );

  test('reads what came of a call that it made before', async () => {
    await using at = await setup();
    const first = await at.client.responses.create({ ...ask, tool_choice: 'required' });
    const [call] = first.output;
    if (call?.type !== 'function_call') throw new Error('the model called nothing');
    const input = [
      { role: 'user' as const, content: 'Rain?' },
      call,
      { type: 'function_call_output' as const, call_id: call.call_id, output: '{"rain": true}' },
    ];
    const asked = { ...ask, input, tool_choice: 'none' as const };
    const { usage, output_text: text } = await at.client.responses.create(asked);
    expect(text).toStartWith('Let me look.');
    const without = await at.client.responses.create({ ...asked, input: input.slice(0, 1) });
    expect(usage?.input_tokens).toBeGreaterThan(without.usage?.input_tokens ?? Infinity);
  });

  test.each([
    ['a tool that is no function', { tools: [{ type: 'web_search' }] }, 'tools.0.type'],
    [
      'a choice of a function that is not there',
      { tool_choice: { type: 'function', name: 'x' } },
      'no tool is called x',
    ],
    [
      'arguments that are no JSON',
      { input: [{ type: 'function_call', call_id: 'c', name: 'weather', arguments: '{' }] },
      'are not JSON',
    ],
    ['an item of another kind', { input: [{ type: 'computer_call' }] }, 'input'],
  ])('is refused for %s', async (_title, change, because) => {
    await using at = await setup();
    const { status, text } = await at.post('/v1/responses', { ...ask, ...change });
    expect(status).toBe(400);
    expect(text).toContain(because);
  });
});
