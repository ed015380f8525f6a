import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { toModelId } from '../../../../src/base/ids.ts';
import { createChatEngine } from '../../../../src/engines/llama/inside.ts';
import type { ChatModel, OpenOptions, Sampling } from '../../../../src/engines/llama/port.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { completionOf } from '../../../fakes/engines/llama-engine.ts';
import { loading } from '../../../fakes/engines/loading.ts';
import type { TaskDelta } from '../../../../src/engines/result.ts';
import { textOf } from '../../../fakes/engines/deltas.ts';

/** Ends a reply. */
const END = 0;
/** How long each token takes. */
const TOKEN_MS = 10;

interface About {
  /** Bytes are its tokens. */
  readonly says: readonly number[];
  /** How much of a prompt it says it has read, after how many portions. */
  readonly reads?: readonly number[];
  readonly defaults?: object;
  /** The chat as its template makes it. */
  readonly prompt?: string;
}

/** The engine's own part around a model that says what it is told to. */
function setup({ says, reads = [], defaults = {}, prompt = 'prompt' }: About) {
  const clock = new FakeClock();
  const asked: { opened?: OpenOptions; sampling?: Sampling } = {};
  const progress: number[] = [];
  const deltas: TaskDelta[] = [];
  const emit = (delta: TaskDelta): void => void deltas.push(delta);
  const decode = (bytes: readonly number[]): string => new TextDecoder().decode(Uint8Array.from(bytes));
  const model: ChatModel = {
    ranOn: 'vulkan',
    template: { source: 'any', bos: '', eos: '' },
    wantsBos: false,
    contextSize: 100,
    render: () => prompt,
    tokenize: (text) => [...new TextEncoder().encode(text)],
    tokenizePlain: (text) => [...new TextEncoder().encode(text)],
    withEnds: (tokens) => [...tokens, END],
    embeddedTokens: 10,
    embed: (texts) => Promise.resolve(texts.map((tokens) => [tokens.length])),
    textOf: (tokens, before) => decode([...before, ...tokens]).slice(decode(before).length),
    isEnd: (token) => token === END,
    async *generate(_prompt, sampling, onRead) {
      asked.sampling = sampling;
      for (const tokens of reads) onRead(tokens);
      for (const token of says) {
        clock.advance(TOKEN_MS);
        yield await Promise.resolve(token);
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const engine = createChatEngine({
    openChatModel: (_path, options) => {
      asked.opened = options;
      return Promise.resolve(model);
    },
    openVisionModel: () => Promise.reject(new Error('there is no projector')),
    gpu: 'auto',
    clock,
  });
  const abort = new AbortController();
  const chat = async (about: object = {}) => {
    const files = {
      model: toModelId('tiny'),
      paths: new Map([['model', '/models/tiny.gguf'] as const]),
      loras: [],
      defaults: { ...synthetic.cliDefaults, ...defaults },
    };
    await using loaded = await engine.load(files, loading(abort.signal));
    const task = aTask({ kind: 'llm', messages: [], ...about });
    const context = { signal: abort.signal, progress: (done: number) => void progress.push(done), emit };
    return { ranOn: loaded.ranOn, ...completionOf(await loaded.run(task, new Map(), context)) };
  };
  return { chat, asked, progress, deltas, abort };
}

const bytes = (text: string): readonly number[] => [...new TextEncoder().encode(text)];

test('a reply takes as long as it took, and says where it ran', async () => {
  const { chat } = setup({ says: [...bytes('yes'), END] });
  expect(await chat()).toMatchObject({ said: 'yes', finish: 'stop', elapsed_ms: 4 * TOKEN_MS, ranOn: 'vulkan' });
});

test('what was in memory from the last prompt counts as read at once', async () => {
  const { chat, progress } = setup({ says: [...bytes('ok'), END], reads: [0, 4, 5] });
  await chat();
  expect(progress).toEqual([4, 5, 8]); // of a prompt of six tokens; nothing read is no progress
});

test('fast tokens are reported together and all counted at the end', async () => {
  const { chat, progress } = setup({ says: [...bytes('abcdefghijklm'), END] });
  await chat();
  expect(progress).toEqual([7, 12, 17, 19]); // every fifty milliseconds
});

test('the context is what the model’s source says, or the contract’s 8192 tokens', async () => {
  for (const [contextSize, expected] of [
    [undefined, 8192],
    [0, 8192],
    [4000, 4000],
  ]) {
    const { chat, asked } = setup({ says: [END], defaults: { contextSize } });
    await chat();
    expect(asked.opened).toMatchObject({ contextSize: expected, gpu: 'auto', lean: false });
  }
});

test('a chat uses its task’s sampling and the contract’s seed', async () => {
  const { chat, asked } = setup({ says: [END] });
  await chat({ temperature: 0.5, topP: 0.9 });
  expect(asked.sampling).toEqual({ temperature: 0.5, topP: 0.9, seed: 1234, grammar: undefined });
  await chat({ seed: 2n ** 40n + 7n, jsonSchema: { const: 1 } });
  expect(asked.sampling).toMatchObject({ seed: 7, grammar: expect.stringContaining('root ::= "1"') });
});

test('bytes that are no text stand in a reply as a sign for each', async () => {
  const { chat } = setup({ says: [...bytes('a'), 0xff, 0xff, 0xff, 0xff, ...bytes('b'), END] });
  expect((await chat()).said).toBe('a\uFFFD\uFFFD\uFFFD\uFFFDb');
});

test('a model that has nothing more to say has ended', async () => {
  const { chat } = setup({ says: bytes('so') });
  expect(await chat()).toMatchObject({ said: 'so', finish: 'stop' });
});

test('a chat cancelled while its prompt is read ends with the reason', async () => {
  const { chat, abort } = setup({ says: bytes('never said'), reads: [2] });
  const reason = new Error('given up');
  const loading = chat();
  abort.abort(reason);
  expect(await loading.catch((thrown: unknown) => thrown)).toBe(reason);
});

/** A reply in pieces that a stop string, a tag or a character of several bytes may be cut by. */
const replies = fc
  .array(fc.constantFrom('<think>', '</think>', '<th', '</', 'ink>', ' ', '\n', 'ab', 'c', 'ÿ', '狐', '🦊', '<', '>'))
  .map((pieces) => pieces.join(''));
const stops = fc.array(fc.constantFrom('ab', 'bc', '</', 'k>a', '狐 ', '🦊狐', ' \n', 'abcab'), { maxLength: 3 });

test('streamed pieces always add up to the reply’s text', async () => {
  await fc.assert(
    fc.asyncProperty(replies, stops, fc.boolean(), fc.integer({ min: 1, max: 60 }), async (...drawn) => {
      const [reply, stop, opensReasoning, maxTokens] = drawn;
      const prompt = opensReasoning ? 'go <think>\n' : 'prompt';
      const { chat, deltas } = setup({ says: [...bytes(reply), END], prompt });
      const { said } = await chat({ stop, maxTokens });
      expect(textOf(deltas)).toBe(said);
    }),
    { numRuns: 500 },
  );
});

test('a reply streams only what no stop string can retract', async () => {
  const says = [...bytes('one two three four five')];
  const { chat, deltas } = setup({ says: [...says, END] });
  await chat({ stop: ['two tree', 'five!'] });
  expect(deltas).toEqual(['o', 'ne', ' two thr', 'ee fo', 'ur', ' five'].map((text) => ({ is: 'text', text })));
});

test('a model’s thoughts stream only when they are the reply', async () => {
  const thinking = setup({ says: [...bytes('<think>mm</think> yes'), END] });
  await thinking.chat();
  expect(thinking.deltas.filter(({ is }) => is === 'restart')).toEqual([]);
  expect(textOf(thinking.deltas)).toBe('yes');
  const open = setup({ says: [...bytes('<think>mm'), END] });
  await open.chat();
  expect(open.deltas).toEqual([{ is: 'text', text: '<think>mm' }]);
});

test('a thought that nothing opened is taken back once it is closed', async () => {
  const { chat, deltas } = setup({ says: [...bytes('so the fox</think>It crosses.'), END] });
  await chat();
  expect(deltas.filter(({ is }) => is === 'restart')).toHaveLength(1);
  expect(textOf(deltas)).toBe('It crosses.');
});
