import { expect, test } from 'bun:test';
import type { Tool } from '../../../../src/local-api/contract/openai/chat.ts';
import { contentSoFar, readCalls } from '../../../../src/local-api/openai/tools/calls.ts';

const toolOf = (name: string, properties: object): Tool => ({
  type: 'function',
  function: { name, parameters: { type: 'object', properties } },
});
const TOOLS = [
  toolOf('weather', { city: { type: 'string' }, days: { type: 'integer' } }),
  toolOf('send-mail', { to: { type: 'array' } }),
];

const WEATHER = { name: 'weather', arguments: '{"city":"Oslo","days":2}' };

test.each([
  ['Hermes', '<tool_call>\n{"name": "weather", "arguments": {"city": "Oslo", "days": 2}}\n</tool_call>'],
  ['Hermes, cut at its end', '<tool_call>{"name": "weather", "arguments": {"city": "Oslo", "days": 2}}'],
  [
    'Qwen3-Coder',
    '<tool_call>\n<function=weather>\n<parameter=city>\nOslo\n</parameter>\n<parameter=days>\n2\n</parameter>\n</function>\n</tool_call>',
  ],
  [
    'GLM',
    '<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Oslo</arg_value>\n<arg_key>days</arg_key>\n<arg_value>2</arg_value>\n</tool_call>',
  ],
  ['Llama 3', '{"name": "weather", "parameters": {"city": "Oslo", "days": 2}}'],
  ['Llama 3 with a tag', '<|python_tag|>{"name": "weather", "parameters": {"city": "Oslo", "days": 2}}'],
  ['Llama 3 with tools of its own', '<function=weather>{"city": "Oslo", "days": 2}</function>'],
  ['Mistral', '[{"name": "weather", "arguments": {"city": "Oslo", "days": 2}}]'],
  ['Mistral with its token', '[TOOL_CALLS] [{"name": "weather", "arguments": {"city": "Oslo", "days": 2}}]'],
  ['arguments as JSON in a text', '{"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\", \\"days\\": 2}"}'],
])('a call as %s writes it is read', (_family, text) => {
  expect(readCalls(text, TOOLS)).toEqual({ content: '', calls: [WEATHER] });
});

test('what is said before a call is the content', () => {
  const text = 'I look it up.\n<tool_call>{"name": "weather", "arguments": {}}</tool_call>';
  expect(readCalls(text, TOOLS)).toEqual({ content: 'I look it up.', calls: [{ name: 'weather', arguments: '{}' }] });
});

test('several calls are read in their order', () => {
  const call = (name: string): string => `<tool_call>{"name": "${name}", "arguments": {}}</tool_call>`;
  expect(readCalls(`${call('weather')}\n${call('send-mail')}`, TOOLS).calls.map(({ name }) => name)).toEqual([
    'weather',
    'send-mail',
  ]);
});

test('a value that the schema wants as text stays one, others are JSON', () => {
  const text = '<function=weather><parameter=city>12</parameter><parameter=days>12</parameter></function>';
  expect(readCalls(text, TOOLS).calls).toEqual([{ name: 'weather', arguments: '{"city":"12","days":12}' }]);
});

test.each([
  ['JSON that calls nothing', '{"temperature": 12}'],
  ['a tool that the request has not', '{"name": "launch", "arguments": {}}'],
  ['arguments that are a list', '{"name": "weather", "arguments": [1]}'],
  ['half a call', '<tool_call>{"name": "weather", "arg'],
  ['a text about calls', 'One writes <tool_call> for that.'],
  ['a list of numbers', '[1, 2, 3]'],
])('%s is an answer like any other', (_title, text) => {
  expect(readCalls(text, TOOLS)).toEqual({ content: text, calls: [] });
});

test.each([
  'I look it up.\n<tool_call>{"name": "weather", "arguments": {}}</tool_call>',
  '{"name": "weather", "arguments": {}}',
  'Is 1 < 2? Yes, and <b> is bold.',
  '[TOOL_CALLS][{"name": "weather", "arguments": {}}]',
  'plain words',
])('what is told of "%s" early is the beginning of its content', (text) => {
  const { content } = readCalls(text, TOOLS);
  for (let end = 0; end <= text.length; end++) {
    expect(content).toStartWith(contentSoFar(text.slice(0, end)));
  }
});

test('words without a call are told as they come', () => {
  expect(contentSoFar('Is 1 < 2?')).toBe('Is 1 < 2?');
  expect(contentSoFar('I look it up <tool')).toBe('I look it up');
});
