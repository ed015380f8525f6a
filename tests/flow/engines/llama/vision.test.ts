import { expect, setDefaultTimeout, test } from 'bun:test';
import sharp from 'sharp';
import { chatModel } from '../../../../src/demo/weights/chat.ts';
import { seeingModel, visionProjector } from '../../../fakes/engines/vision-weights.ts';
import type { TaskDelta } from '../../../../src/engines/result.ts';
import { aTask } from '../../../fakes/builders.ts';
import { textOf } from '../../../fakes/engines/deltas.ts';
import { completionOf, llamaScene } from '../../../fakes/engines/llama-engine.ts';
import { LEAN, USUAL } from '../../../fakes/engines/loading.ts';

/** Several processes start and load a library, on a busy machine. */
setDefaultTimeout(120_000);

/** A loaded model with a projector in a child, and a way to chat with it. */
async function setup(options: Parameters<typeof llamaScene>[0] & { readonly lean?: boolean } = {}) {
  await using stack = new AsyncDisposableStack();
  const scene = stack.use(llamaScene({ weights: seeingModel(), projector: visionProjector(), ...options }));
  const { signal } = new AbortController();
  const model = stack.use(await scene.engine.load(scene.files, signal, options.lean === true ? LEAN : USUAL));
  const steps: (readonly [done: number, total: number])[] = [];
  const deltas: TaskDelta[] = [];
  const chat = async (about: Readonly<Record<string, unknown>> = {}, until = signal) => {
    const messages = [{ role: 'user', content: 'what colour is it?' }];
    const task = aTask({ kind: 'llm', messages, temperature: 0, ...about });
    const emit = (delta: TaskDelta): void => void deltas.push(delta);
    return completionOf(await model.run(task, { signal: until, progress: (...step) => void steps.push(step), emit }));
  };
  const owned = stack.move(); // until here a failure leaves nothing behind
  return { model, chat, steps, deltas, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

type Format = 'png' | 'jpeg' | 'webp';

async function picture(background: string, format: Format = 'png', channels: 3 | 4 = 3): Promise<string> {
  const bytes = await sharp({ create: { width: 48, height: 48, channels, background } })
    .toFormat(format)
    .toBuffer();
  return `data:image/${format};base64,${bytes.toString('base64')}`;
}

const failureOf = async (work: Promise<unknown>): Promise<unknown> => {
  const done = await work.catch((thrown: unknown) => thrown);
  expect(done).toBeInstanceOf(Error);
  return done;
};

test.each([
  ['red', '#f00', 'png'],
  ['green', '#0f0', 'jpeg'],
  ['blue', '#00f', 'webp'],
] as const)('a model with a projector sees that an image is %s', async (colour, background, format) => {
  await using scene = await setup();
  const { said, finish } = await scene.chat({ images: [await picture(background, format)] });
  expect({ said, finish }).toEqual({ said: `I see ${colour}`, finish: 'stop' });
});

test('one loaded model answers about one image after the other, and without any', async () => {
  await using scene = await setup();
  const seen: string[] = [];
  for (const background of ['#00f', '#f00', '#00f']) {
    seen.push((await scene.chat({ images: [await picture(background)] })).said);
  }
  expect(seen).toEqual(['I see blue', 'I see red', 'I see blue']);
  expect((await scene.chat()).usage.completion_tokens).toBe(3);
});

test('the tokens of each image count as those of the prompt', async () => {
  await using scene = await setup();
  const image = await picture('#f00');
  const counts: number[] = [];
  for (const images of [[], [image], [image, image]]) counts.push((await scene.chat({ images })).usage.prompt_tokens);
  const [none = 0, one = 0, two = 0] = counts;
  expect([one - none, two - one]).toEqual([17, 17]); // sixteen patches and the end of their line
});

test('a transparent image is seen as its colour', async () => {
  await using scene = await setup();
  expect((await scene.chat({ images: [await picture('#00ff0010', 'png', 4)] })).said).toBe('I see green');
});

test('what looks like the mark of an image in a chat is no image', async () => {
  await using scene = await setup();
  const messages = [{ role: 'user', content: 'see <__media__>?' }];
  expect((await scene.chat({ messages, images: [await picture('#00f')] })).said).toBe('I see blue');
});

test('a reply about an image follows its schema', async () => {
  await using scene = await setup();
  const { said } = await scene.chat({ images: [await picture('#f00')], jsonSchema: { enum: ['red', 'blue'] } });
  expect(['red', 'blue']).toContain(JSON.parse(said));
});

test('a reply about an image ends at its limit or before a stop string', async () => {
  await using scene = await setup();
  const images = [await picture('#f00')];
  expect(await scene.chat({ images, maxTokens: 2 })).toMatchObject({
    said: 'I see',
    finish: 'length',
    usage: { completion_tokens: 2 },
  });
  expect(await scene.chat({ images, stop: ['', 'e re'] })).toMatchObject({ said: 'I se', finish: 'stop' });
});

test('the deltas of a reply about an image add up to it', async () => {
  await using scene = await setup();
  const { said, usage } = await scene.chat({ images: [await picture('#0f0')], maxTokens: 10 });
  expect(textOf(scene.deltas)).toBe(said);
  expect(scene.steps.at(-1)).toEqual([usage.total_tokens, usage.prompt_tokens + 10]);
});

test('an image that leaves no room in the context is rejected with both numbers', async () => {
  await using scene = await setup({ defaults: { contextSize: 30 } });
  expect(await failureOf(scene.chat({ images: [await picture('#f00')] }))).toMatchObject({
    code: 'task.prompt-too-long',
    message: expect.stringMatching(/^prompt is \d\d tokens but the context holds 30;/),
  });
});

test('an image that cannot be read fails the chat, and the model serves on', async () => {
  await using scene = await setup();
  expect(await failureOf(scene.chat({ images: ['data:image/png;base64,AAAA'] }))).toMatchObject({
    code: 'task.images-unreadable',
    message: expect.stringContaining('input image 1 of 1: '),
  });
  expect((await scene.chat({ images: [await picture('#f00')] })).said).toBe('I see red');
});

test('a model whose prompts begin with its first token gets it once', async () => {
  await using plain = await setup();
  await using wanting = await setup({ weights: seeingModel({ wantsBos: true }) });
  const images = [await picture('#f00')];
  const without = await plain.chat({ images });
  const withFirst = await wanting.chat({ images });
  expect(withFirst.said).toBe('I see red');
  expect(withFirst.usage.prompt_tokens).toBe(without.usage.prompt_tokens + 1);
});

test('a model that was loaded lean sees, too', async () => {
  await using scene = await setup({ lean: true });
  expect((await scene.chat({ images: [await picture('#00f')] })).said).toBe('I see blue');
  expect(scene.model.ranOn).toBe('cpu');
});

test.each([
  [
    'of another model',
    { projector: visionProjector(512) },
    'the vision projector tiny-mmproj.gguf is of another model than tiny.gguf: it makes embeddings of 512 numbers, and the model reads 320',
  ],
  [
    'that is a model itself',
    { projector: chatModel() },
    'tiny-mmproj.gguf is no vision projector but a model of architecture llama',
  ],
  ['in the place of the model', { weights: visionProjector() }, 'tiny.gguf is a vision projector and no model'],
])('a projector %s is rejected for good, by name', async (_what, files, message) => {
  using scene = llamaScene({ weights: seeingModel(), projector: visionProjector(), ...files });
  const loading = scene.engine.load(scene.files, new AbortController().signal, USUAL);
  expect(await failureOf(loading)).toMatchObject({ code: 'model.unusable', message });
});

test('a model that the library cannot load is rejected for good, with its reason', async () => {
  const weights = Uint8Array.from(seeingModel());
  const name = new TextEncoder().encode('blk.0.attn_q.weight');
  const at = Buffer.from(weights).indexOf(name);
  weights[at] = 'x'.charCodeAt(0); // a tensor that is not there
  using scene = llamaScene({ weights, projector: visionProjector() });
  const loading = scene.engine.load(scene.files, new AbortController().signal, USUAL);
  expect(await failureOf(loading)).toMatchObject({
    code: 'model.unusable',
    message: expect.stringContaining("not a loadable GGUF file: missing tensor 'blk.0.attn_q.weight'"),
  });
});

test('without the library for images their chats are rejected, and the others answered', async () => {
  await using scene = await setup({ hasVision: false });
  expect(await failureOf(scene.chat({ images: [await picture('#f00')] }))).toMatchObject({
    code: 'task.images-unsupported',
  });
  expect((await scene.chat()).said).toMatch(/^I see (red|green|blue)$/);
});

test('a chat about an image that nobody still waits for ends at once', async () => {
  const says = [['I'], [' see'], [' red', ' green', ' blue']] as const;
  await using scene = await setup({ weights: seeingModel({ says, endless: true }), defaults: { contextSize: 2048 } });
  const abort = new AbortController();
  const chatting = scene.chat({ images: [await picture('#f00')], maxTokens: 2000 }, abort.signal);
  abort.abort(new Error('cancelled'));
  expect(await failureOf(chatting)).toMatchObject({ message: 'cancelled' });
  expect((await scene.chat({ images: [await picture('#00f')], maxTokens: 3 })).said).toBe('I see blue');
});
