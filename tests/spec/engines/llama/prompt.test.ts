import { expect, test } from 'bun:test';
import { promptOf } from '../../../../src/engines/llama/prompt.ts';
import { loadRenderer } from '../../../../src/engines/llama/templates/binding.ts';
import { aTask } from '../../../fakes/builders.ts';

/** In local time, as a template sees it. */
const NOW = new Date(2026, 6, 4, 9, 5, 3);

/** The real renderer, with less patience than a model has. */
const render = await loadRenderer(200);

interface About {
  readonly wantsBos?: boolean;
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly task?: object;
}

/** The text that a model gets of a chat, by a template; its tokens are bytes here. */
function promptBy(source: string | undefined, { wantsBos = false, defaults, task }: About = {}): string {
  const model = {
    template: { source, bos: '<s>', eos: '</s>' },
    wantsBos,
    render,
    tokenize: (text: string) => [...new TextEncoder().encode(text)],
  };
  const chat = aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }], ...task });
  if (chat.kind !== 'llm') throw new Error('no chat');
  return new TextDecoder().decode(Uint8Array.from(promptOf(chat, model, { defaults, now: NOW }).tokens));
}

const MESSAGES = "{% for m in messages %}{{ m['role'] + '=' + m['content'] + ';' }}{% endfor %}";

test('the system text comes first, then the messages in their order', () => {
  const messages = [
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'ho' },
  ];
  expect(promptBy(MESSAGES, { task: { system: 'be kind', messages } })).toBe('system=be kind;user=hi;assistant=ho;');
});

test('a chat template is asked for the start of a reply', () => {
  expect(promptBy('{{ bos_token }}{% if add_generation_prompt %}go{% endif %}{{ eos_token }}')).toBe('<s>go</s>');
});

test('a task’s template variables win over its reasoning, and that over the model’s', () => {
  const source = '{{ tone }} {{ reasoning_effort }} {{ enable_thinking }}';
  const defaults = { tone: 'calm', reasoning_effort: 'high', enable_thinking: true };
  expect(promptBy(source, { defaults })).toBe('calm high true');
  expect(promptBy(source, { defaults, task: { reasoning: 'low' } })).toBe('calm low true');
  expect(promptBy(source, { defaults, task: { reasoning: 'none' } })).toBe('calm none false');
  const task = { reasoning: 'none', chatTemplateKwargs: { tone: 'loud', enable_thinking: true } };
  expect(promptBy(source, { defaults, task })).toBe('loud none true');
});

test('the first token is never there twice, and only where the model wants it', () => {
  expect(promptBy('abc')).toBe('abc');
  expect(promptBy('abc', { wantsBos: true })).toBe('<s>abc');
  expect(promptBy('{{ bos_token }}abc', { wantsBos: true })).toBe('<s>abc');
});

test('strings in a template know the methods that they have in Python', () => {
  expect(promptBy("{{ messages[0]['content'].strip().upper().split('I')[0] }}")).toBe('H');
});

test('a chat that the template refuses, or makes nothing of, fails by name', () => {
  expect(() => promptBy("{{ raise_exception('roles must alternate') }}")).toThrow(
    expect.objectContaining({ code: 'task.invalid', message: 'chat template: roles must alternate', retryable: false }),
  );
  expect(() => promptBy(MESSAGES, { task: { messages: [] } })).toThrow(
    expect.objectContaining({ code: 'task.invalid' }),
  );
  expect(() => promptBy(undefined)).toThrow(expect.objectContaining({ code: 'model.unusable' }));
});

test('a template that cannot be rendered makes its model unusable', () => {
  const unusable = expect.objectContaining({ code: 'model.unusable', retryable: false });
  expect(() => promptBy('{% for m in messages %}{{ m.content')).toThrow(unusable);
  expect(() => promptBy('{{ messages[0].content.no_such_method() }}')).toThrow(unusable);
  expect(() => promptBy("{{ messages[0]['content'].upper() }}", { task: { messages: [] } })).toThrow(
    expect.objectContaining({ code: 'task.invalid' }),
  );
});

test.each([
  '{% for a in range(9999999) %}{% for b in range(9999999) %}{% endfor %}{% endfor %}',
  '{% macro f() %}{{ f() ~ f() }}{% endmacro %}{{ f() }}',
  '{% for a in messages %}{% for b in range(30000) %}{% for c in range(30000) %}{% set x = b * c %}{% endfor %}{% endfor %}{% endfor %}',
])('a template that never comes to its end makes its model unusable: %s', (source) => {
  expect(() => promptBy(source)).toThrow(expect.objectContaining({ code: 'model.unusable', retryable: false }));
  expect(promptBy(MESSAGES)).toBe('user=hi;'); // and what is rendered next is whole
});

test('a template that is cut off says why, and whose fault that is', () => {
  const source = '{% for a in range(n) %}{% for b in range(n) %}{% endfor %}{% endfor %}';
  expect(() => promptBy(source, { defaults: { n: 30_000 } })).toThrow(
    'chat template: it takes longer than 200 ms of CPU',
  );
  expect(() => render(source, { n: 30_000 })).toThrow(expect.objectContaining({ code: 'model.unusable' }));
  expect(() => promptBy(source, { task: { chatTemplateKwargs: { n: 30_000 } } })).toThrow(
    expect.objectContaining({ code: 'task.invalid', retryable: false }),
  );
});

test('a template may tell the model the date, in local time', () => {
  expect(promptBy("{{ strftime_now('%d %B %Y') }}, {{ strftime_now('%H:%M') }}")).toBe('04 July 2026, 09:05');
  expect(promptBy("\n{% macro day() %}{{ strftime_now('%a') }}{% endmacro %} {{ day() }}")).toBe('\n Sat');
});

test('a template that asks for a date in no known format fails by name', () => {
  expect(() => promptBy("{{ strftime_now('%Q') }}")).toThrow('chat template: strftime_now: unsupported format %Q');
});
