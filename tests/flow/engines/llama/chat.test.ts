import { expect, setDefaultTimeout, test } from 'bun:test';
import fc from 'fast-check';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chatModel } from '../../../../src/demo/weights/chat.ts';
import { aTask } from '../../../fakes/builders.ts';
import { completionOf, llamaScene } from '../../../fakes/engines/llama-engine.ts';
import { LEAN, USUAL } from '../../../fakes/engines/loading.ts';
import { READY } from '../../../../src/engines/readiness.ts';
import { textOf } from '../../../fakes/engines/deltas.ts';
import type { TaskDelta } from '../../../../src/engines/result.ts';

/** Several processes start and load a library, on a busy machine. */
setDefaultTimeout(120_000);

/** A loaded model in a child, and a way to chat with it. */
async function setup(options: Parameters<typeof llamaScene>[0] & { readonly lean?: boolean } = {}) {
  await using stack = new AsyncDisposableStack();
  const scene = stack.use(llamaScene(options));
  const { signal } = new AbortController();
  const model = stack.use(await scene.engine.load(scene.files, signal, options.lean === true ? LEAN : USUAL));
  const steps: (readonly [done: number, total: number])[] = [];
  const deltas: TaskDelta[] = [];
  const emit = (delta: TaskDelta): void => void deltas.push(delta);
  const chat = async (about: Readonly<Record<string, unknown>> = {}) => {
    deltas.length = 0;
    const task = aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }], temperature: 0, ...about });
    return completionOf(await model.run(task, { signal, progress: (...step) => void steps.push(step), emit }));
  };
  const owned = stack.move(); // until here a failure leaves nothing behind
  return { model, chat, steps, deltas, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** What setting up or chatting failed with. */
const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  const done = await work.catch((thrown: unknown) => thrown);
  expect(done).toBeInstanceOf(Error);
  return done;
};

test('a chat is answered with its real token counts and its end', async () => {
  await using scene = await setup();
  const { said, finish, usage, model, elapsed_ms: elapsedMs } = await scene.chat();
  expect(said).toMatch(/^Hello from a (tiny|small) model here$/);
  expect({ finish, model }).toEqual({ finish: 'stop', model: 'tiny' });
  expect(usage).toMatchObject({ completion_tokens: 6, total_tokens: usage.prompt_tokens + 6 });
  expect(Number.isInteger(elapsedMs)).toBe(true);
});

test('progress counts the tokens of the prompt, then those of the reply', async () => {
  await using scene = await setup({ model: { contextLength: 2048 } });
  const { usage } = await scene.chat({ messages: [{ role: 'user', content: 'x'.repeat(1200) }], maxTokens: 4 });
  const prompt = usage.prompt_tokens;
  expect(scene.steps.slice(0, 2).map(([done]) => done)).toEqual([512, 1024]);
  expect(scene.steps.at(-1)?.[0]).toBe(prompt + 4);
  expect(new Set(scene.steps.map(([, total]) => total))).toEqual(new Set([prompt + 4]));
});

test('a model that was loaded lean reads its prompt in smaller portions', async () => {
  await using scene = await setup({ lean: true });
  await scene.chat({ messages: [{ role: 'user', content: 'x'.repeat(100) }], maxTokens: 1 });
  expect(scene.steps[0]?.[0]).toBe(64);
  expect(scene.model.ranOn).toBe('cpu');
});

test('the first token is put before the prompt of a model that wants it', async () => {
  await using scene = await setup({ model: { wantsBos: true, template: 'abc' } });
  expect((await scene.chat({ maxTokens: 1 })).usage.prompt_tokens).toBe(4);
});

test('a reply ends at its limit or before a stop string that spans tokens', async () => {
  await using scene = await setup();
  expect(await scene.chat({ maxTokens: 2 })).toMatchObject({ said: 'Hello from', finish: 'length' });
  expect(await scene.chat({ stop: ['', 'om a'] })).toMatchObject({ said: 'Hello fr', finish: 'stop' });
});

test('a reply that would never end stops where the context does', async () => {
  await using scene = await setup({ model: { endless: true }, defaults: { contextSize: 300 } });
  const { finish, usage } = await scene.chat({ maxTokens: 5000 });
  expect({ finish, total: usage.total_tokens }).toEqual({ finish: 'length', total: 300 });
});

test('characters that come byte by byte are whole in the reply', async () => {
  await using scene = await setup({ model: { says: [['Costs '], ['€'], [' and '], ['𝄞']] } });
  expect((await scene.chat()).said).toBe('Costs € and 𝄞');
  expect(await scene.chat({ maxTokens: 2 })).toMatchObject({ said: 'Costs', finish: 'length' });
  expect(await scene.chat({ stop: ['€'] })).toMatchObject({ said: 'Costs', finish: 'stop' });
});

test('what was thought is parted from what is said', async () => {
  await using scene = await setup({ model: { says: [['<think>'], ['so so'], ['</think>'], ['well']] } });
  const { said, choices } = await scene.chat();
  expect({ said, thought: choices[0]?.message.reasoning_content }).toEqual({ said: 'well', thought: 'so so' });
});

test('the deltas of a reply add up to its text, whatever stops it', async () => {
  const says = [['One ', 'ab', '<think>'], [' fox', '</', ' '], ['狐'], ['think>', ' b'], ['€'], ['a', '</think>']];
  await using scene = await setup({ model: { says, endless: true, contextLength: 2048 } });
  const stops = fc.array(fc.constantFrom('fox 狐', '€a', '狐th', 'think>', '> fox', 'a </'), { maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(stops, fc.nat(1000), fc.integer({ min: 1, max: 60 }), async (stop, seed, maxTokens) => {
      const { said } = await scene.chat({ stop, seed, maxTokens, temperature: 1 });
      expect(textOf(scene.deltas)).toBe(said);
    }),
    { numRuns: 60 },
  );
});

test('the same seed gives the same reply and another one another', async () => {
  const says = Array.from({ length: 6 }, (_, at) => [` a${at}`, ` b${at}`, ` c${at}`, ` d${at}`]);
  await using scene = await setup({ model: { says } });
  const reply = async (seed?: number) => (await scene.chat({ temperature: 1, seed })).said;
  const first = await reply();
  expect(await reply()).toBe(first);
  expect(await reply(1234)).toBe(first); // the studio contract's
  expect(new Set([first, await reply(1), await reply(2), await reply(3)]).size).toBeGreaterThan(1);
  const greedy = async (temperature: number) => (await scene.chat({ temperature, seed: 7 })).said;
  expect(await greedy(-1)).toBe(await greedy(0));
});

test('a second prompt reads only what it does not share with the first', async () => {
  const long = { role: 'user', content: 'x'.repeat(1500) };
  const next = { messages: [long, { role: 'assistant', content: 'yes' }, { role: 'user', content: 'go on' }] };
  await using fresh = await setup({ model: { contextLength: 4096 } });
  const alone = await fresh.chat(next);
  await using scene = await setup({ model: { contextLength: 4096 } });
  await scene.chat({ messages: [long] });
  scene.steps.length = 0;
  const { said, finish, usage } = await scene.chat(next);
  expect(scene.steps[0]?.[0]).toBeGreaterThan(1500); // the first thing it says is how much was there already
  expect({ said, finish, usage }).toEqual({ said: alone.said, finish: alone.finish, usage: alone.usage });
  scene.steps.length = 0;
  const again = await scene.chat(next);
  expect(scene.steps[0]?.[0]).toBe(usage.prompt_tokens - 1); // a reply grows out of reading one token at least
  expect(again.said).toBe(alone.said);
});

test('a prompt longer than the context is refused and never cut', async () => {
  await using scene = await setup();
  expect(await failureOf(scene.chat({ messages: [{ role: 'user', content: 'x'.repeat(600) }] }))).toMatchObject({
    code: 'task.prompt-too-long',
    retryable: false,
    message: expect.stringMatching(
      /^prompt is \d+ tokens but the context holds 512; raise contextSize or shorten the prompt$/,
    ),
  });
});

test('a chat that the template refuses fails with its reason', async () => {
  await using scene = await setup();
  const messages = [{ role: 'nobody', content: 'x' }];
  expect(await failureOf(scene.chat({ messages }))).toMatchObject({
    code: 'task.invalid',
    message: 'chat template: no such role',
  });
});

test('a GGUF without a chat template, or a damaged one, is rejected', async () => {
  // Its header says so: no child is started.
  const nobody = ['/nowhere/program'];
  expect(await failureOf(setup({ model: { template: '' }, command: nobody }))).toMatchObject({
    code: 'model.unusable',
    retryable: false,
    message: 'the GGUF carries no chat template',
    hint: expect.stringContaining('instruction-tuned'),
  });
  const other = Buffer.from(chatModel());
  other.write('nosuc', other.indexOf('llama')); // the name of its architecture
  for (const weights of [new TextEncoder().encode('GGUF'), chatModel().subarray(0, 400_000), other]) {
    expect(await failureOf(setup({ weights }))).toMatchObject({ code: 'model.unusable' });
  }
});

test('loading a model tells how far it is', async () => {
  using scene = llamaScene();
  const steps: number[] = [];
  const request = {
    engine: 'llama-cpp' as const,
    files: scene.files,
    onProgress: (done: number) => void steps.push(done),
  };
  await using _model = await scene.host.load(request, new AbortController().signal);
  expect(steps.at(-1)).toBe(100);
  expect(steps).toEqual(steps.toSorted((a, b) => a - b));
});

test('the file to load is a GGUF, whatever its role and its case', async () => {
  await using upper = await setup({ filename: 'Tiny.GGUF' });
  expect((await upper.chat()).finish).toBe('stop');
  expect(await failureOf(setup({ filename: 'tiny.bin' }))).toMatchObject({
    code: 'model.role-missing',
    message: 'llama modelSource for `tiny` contained no .gguf file',
  });
  using scene = llamaScene();
  const path = scene.files.paths.get('model') ?? '';
  const paths = new Map([['model', '/nowhere/tokenizer.json'] as const, ['text-encoder', path] as const]);
  await using other = await scene.engine.load({ ...scene.files, paths }, new AbortController().signal, USUAL);
  expect(other).toHaveProperty('run');
});

test('a task of another kind is refused by name', async () => {
  await using scene = await setup();
  const task = aTask({ kind: 'audio_tts', text: 'hi' });
  const run = scene.model.run(task, { signal: new AbortController().signal, progress: () => {}, emit: () => {} });
  expect(await failureOf(run)).toMatchObject({
    code: 'task.unsupported',
    message: 'llama engine only serves llm tasks, got audio_tts',
  });
});

test('models that the operator put there are offered by their names', async () => {
  using scene = llamaScene();
  expect(scene.engine.models).toEqual({ llm: ['llama-cpp:*'] });
  mkdirSync(join(scene.folder, 'llm'));
  copyFileSync(scene.files.paths.get('model') ?? '', join(scene.folder, 'llm', 'mine.gguf'));
  writeFileSync(join(scene.folder, 'llm', 'notes.txt'), '');
  writeFileSync(join(scene.folder, 'llm', 'mine-mmproj-F16.gguf'), ''); // a vision projector is no model
  expect(await scene.engine.readiness()).toEqual(READY);
  expect(scene.engine.models).toEqual({ llm: ['mine', 'llama-cpp:*'] });
});

test('a build without llama.cpp is not ready and says what to do', async () => {
  using scene = llamaScene({ hasRuntime: false });
  expect(await scene.engine.readiness()).toMatchObject({ ready: false, hint: expect.stringContaining('bun install') });
});
