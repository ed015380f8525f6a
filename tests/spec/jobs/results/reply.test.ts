import { expect, test } from 'bun:test';
import type { JsonObject } from '../../../../src/base/json.ts';
import { json, setup } from './check-scene.ts';

const CHAT = { kind: 'llm', messages: [{ role: 'user', content: 'hi' }] } as const;
const reply = (content: string, about: JsonObject = {}): JsonObject => ({
  object: 'chat.completion',
  model: 'tiny',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
  elapsed_ms: 12,
  ...about,
});

test('a chat completion of the contract passes, any other shape is named by field', async () => {
  const { problemOf } = setup();
  expect(await problemOf(CHAT, json(reply('hello')))).toBeUndefined();
  expect(await problemOf(CHAT, json(reply('hello', { choices: [] })))).toStartWith(
    'the reply is not a chat completion: choices',
  );
  expect(await problemOf(CHAT, json({ text: 'hello' }))).toStartWith('the reply is not a chat completion: object');
  expect(await problemOf(CHAT, json(reply('cut \ud83d')))).toBe('the reply is invalid UTF-16: unpaired surrogate');
});

const SCHEMA = {
  type: 'object',
  required: ['name', 'level'],
  properties: { name: { type: 'string' }, level: { type: 'integer', minimum: 1, maximum: 9007199254740993n } },
};

test('a reply must be JSON that meets the schema of its task', async () => {
  const { problemOf } = setup();
  const asked = { ...CHAT, jsonSchema: SCHEMA };
  expect(await problemOf(asked, json(reply('{"name":"golem","level":3}')))).toBeUndefined();
  expect(await problemOf(asked, json(reply('{"name":"golem","level":0}')))).toBe(
    'the reply does not meet its schema: `minimum` at #/level',
  );
  expect(await problemOf(asked, json(reply('{"name":"golem"}')))).toBe(
    'the reply does not meet its schema: `required` at #',
  );
  expect(await problemOf(asked, json(reply('Sure! {}')))).toBe('the reply is not JSON, and the task has a schema');
  const half = { role: 'assistant', content: '{"name":"go' };
  const cut = reply('', { choices: [{ index: 0, message: half, finish_reason: 'length' }] });
  expect(await problemOf(asked, json(cut))).toBe('the reply reached its token limit before its JSON was complete');
});

test('a schema says which draft it keeps to', async () => {
  const { problemOf } = setup();
  const exclusive = { minimum: 1, exclusiveMinimum: true };
  const asked = { ...CHAT, jsonSchema: { $schema: 'http://json-schema.org/draft-04/schema#', ...exclusive } };
  expect(await problemOf(asked, json(reply('1')))).toBeString();
  expect(await problemOf(asked, json(reply('2')))).toBeUndefined();
});

test('a schema that cannot be used is no reason to lose a reply', async () => {
  const { problemOf, log } = setup();
  expect(await problemOf({ ...CHAT, jsonSchema: { $ref: '#/nowhere' } }, json(reply('{}')))).toBeUndefined();
  expect(String(log.find('result.unchecked')?.fields.because)).toStartWith("the task's schema cannot be used");
});

test('a schema whose references multiply without end is soon left unchecked', async () => {
  const { problemOf, log } = setup();
  const next = (at: number) => ({ $ref: `#/$defs/${at + 1}` });
  const links = Array.from({ length: 40 }, (_, at) => [at, { anyOf: [next(at), next(at)] }]);
  const jsonSchema = { $ref: '#/$defs/0', $defs: { ...Object.fromEntries(links), 40: { type: 'string' } } };
  expect(await problemOf({ ...CHAT, jsonSchema }, json(reply('"golem"')))).toBeUndefined();
  expect(String(log.find('result.unchecked')?.fields.because)).toContain('schema references form a cycle');
});

test('a transcript has a text, a language and a length', async () => {
  const { problemOf } = setup();
  const task = { kind: 'audio_stt', inputUrl: 'https://example/a.wav' } as const;
  expect(await problemOf(task, json({ text: '', language: 'en', duration: 2.5, segments: 0 }))).toBeUndefined();
  expect(await problemOf(task, json({ text: 'hi', language: 'en' }))).toStartWith(
    'the result is not a transcript: duration',
  );
  expect(await problemOf(task, json({ text: '\ud83d', language: 'en', duration: 1 }))).toBe(
    'the transcript is invalid UTF-16: unpaired surrogate',
  );
});
