import { expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { readLine } from '../../../src/cli/chat-loop.ts';
import type { ChatAnswer, ChatTurn, Interruptible, LocalChat, Typed } from '../../../src/cli/world/chat.ts';
import { setup as setupCli } from './a-world.ts';

type Answering = (onText: (text: string) => void, signal: AbortSignal) => Promise<ChatAnswer>;

const saying =
  (...pieces: readonly string[]): Answering =>
  (onText) => {
    for (const piece of pieces) onText(piece);
    return Promise.resolve({ text: pieces.join(''), finish: 'stop' });
  };

const line = (text: string): Typed => ({ is: 'line', text });

interface Given {
  /** What is typed at the prompt; a pipe where it is left out. */
  readonly typed?: readonly Typed[];
  readonly piped?: string;
  readonly answers?: readonly Answering[];
  readonly interruptible?: Interruptible;
}

/** The command with a model that answers as the test says. */
async function setup({ typed, piped, answers = [saying('Hello', ' there')], interruptible }: Given) {
  const heard: (readonly ChatTurn[])[] = [];
  let closed = 0;
  const keys = [...(typed ?? [])];
  const left = [...answers];
  const chat: LocalChat = {
    model: 'tiny',
    answer: async (turns, onText, signal) => {
      heard.push(turns);
      return await (left.shift() ?? saying('nothing more'))(onText, signal);
    },
    [Symbol.asyncDispose]: async () => void (closed += 1),
  };
  const cli = await setupCli({
    ...(piped === undefined ? {} : { input: piped }),
    world: {
      openChat: async () => chat,
      openLines: async () => (typed === undefined ? undefined : async () => keys.shift() ?? { is: 'ended' }),
      ...(interruptible === undefined ? {} : { interruptible }),
    },
  });
  return { ...cli, heard, closed: () => closed };
}

test.each([
  ['', 'nothing'],
  ['  ', 'nothing'],
  ['/exit', 'exit'],
  ['/BYE ', 'exit'],
  ['/clear', 'clear'],
  ['/help', 'help'],
  ['/etc is a folder?', 'message'],
  ['hello', 'message'],
] as const)('the line "%s" is read as %s', (text, is) => {
  expect(readLine(text)).toEqual({ is });
});

test('each message is asked with what was said before', async () => {
  await using cli = await setup({
    typed: [line('hi'), line('and you?')],
    answers: [saying('Hello', ' there'), saying('fine')],
  });
  expect(await cli.run('chat', 'tiny', '--system', 'be brief')).toBe(0);
  expect(cli.out()).toBe('Hello there\nfine\n\n');
  expect(cli.heard[1]).toEqual([
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'hi' },
    { role: 'assistant', content: 'Hello there' },
    { role: 'user', content: 'and you?' },
  ]);
  expect(cli.closed()).toBe(1);
});

test('a cleared chat restarts, behind what the model is told first', async () => {
  await using cli = await setup({ typed: [line('hi'), line('/clear'), line('who are you?')] });
  await cli.run('chat', 'tiny', '--system', 'be brief');
  expect(cli.heard[1]).toEqual([
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'who are you?' },
  ]);
});

test('an interrupted answer stays in the chat as far as it came', async () => {
  const interrupted: Answering = (onText) => {
    onText('Once upon');
    return Promise.reject(new WorkerError('job.cancelled', 'interrupted'));
  };
  await using cli = await setup({
    typed: [line('tell me'), line('go on')],
    answers: [interrupted, saying('a time')],
    interruptible: async (work) => {
      const value = await work(new AbortController().signal).catch(() => undefined);
      return value === undefined ? { is: 'interrupted', mayStay: true } : { is: 'done', value };
    },
  });
  expect(await cli.run('chat', 'tiny')).toBe(0);
  expect(cli.out()).toBe('Once upon\na time\n\n');
  expect(cli.heard[1]?.[1]).toEqual({ role: 'assistant', content: 'Once upon' });
});

test('an answer that fails is said and forgotten, and the chat goes on', async () => {
  const failing: Answering = () => Promise.reject(new WorkerError('engine.failed', 'out of paper'));
  await using cli = await setup({ typed: [line('hi'), line('again')], answers: [failing, saying('Hello')] });
  expect(await cli.run('chat', 'tiny')).toBe(0);
  expect(cli.err()).toContain('error: out of paper [engine.failed]');
  expect(cli.heard[1]).toEqual([{ role: 'user', content: 'again' }]);
});

test('the first Ctrl-C at the prompt says how to leave, the second leaves', async () => {
  await using cli = await setup({ typed: [{ is: 'interrupted' }, { is: 'interrupted' }, line('never asked')] });
  expect(await cli.run('chat', 'tiny')).toBe(0);
  expect(cli.err()).toContain('Ctrl-C once more');
  expect(cli.heard).toEqual([]);
});

test('a message and what is piped in are one question', async () => {
  await using cli = await setup({ piped: 'Foxes are red.\n' });
  expect(await cli.run('chat', 'tiny', 'Sum this up:')).toBe(0);
  expect(cli.out()).toBe('Hello there\n');
  expect(cli.heard).toEqual([[{ role: 'user', content: 'Sum this up:\n\nFoxes are red.' }]]);
});

test('a pipe with nothing in it asks for a message', async () => {
  await using cli = await setup({ piped: ' \n' });
  expect(await cli.run('chat', 'tiny')).toBe(64);
  expect(cli.err()).toContain('give a message, or pipe one in');
});

test('on a terminal nothing that a model says moves the cursor', async () => {
  await using cli = await setup({ typed: [line('hi')], answers: [saying('red\u001B[2J')] });
  await cli.run('chat', 'tiny');
  expect(cli.out()).toBe('red\uFFFD\n\n');
});

test.each([
  ['--temperature', '3'],
  ['--max-tokens', '0'],
])('%s %s is a wrong use of the command', async (flag, value) => {
  await using cli = await setup({ piped: 'hi' });
  expect(await cli.run('chat', 'tiny', flag, value)).toBe(64);
});
