import { expect, setDefaultTimeout, test } from 'bun:test';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { chatModel } from '../../../src/demo/weights/chat.ts';
import { seeingModel, visionProjector } from '../../fakes/engines/vision-weights.ts';
import { aTask, synthetic } from '../../fakes/builders.ts';
import { fileServer, type FileServer } from '../../fakes/models/file-server.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { type Scene, setup } from '../harness.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

/** A worker, a studio, a server with a model, and another model that the operator put on the worker's disk. */
async function aScene() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const modelsRoot = join(folder.path, 'models');
  await mkdir(join(modelsRoot, 'llm'), { recursive: true });
  await writeFile(join(modelsRoot, 'llm', 'mine.gguf'), chatModel({ says: [['Mine']] }));
  const server = stack.use(
    fileServer({
      'tiny.gguf': chatModel(),
      'vl.gguf': seeingModel(),
      'vl-mmproj.gguf': visionProjector(),
      'other-mmproj.gguf': visionProjector(512),
      'voice.onnx': new Uint8Array(9),
    }),
  );
  const scene = stack.use(await setup({ config: { models_root: modelsRoot } }));
  return { server, scene, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const fileOf = (server: FileServer, filename: string) => ({ role: 'model', url: server.url(filename), filename });

/** A chat that the studio offers once, unless told otherwise. */
const chat = ({ studio }: Scene, files: readonly object[], about: { model?: string; task?: object } = {}) =>
  studio.createJob(aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }], temperature: 0, ...about.task }), {
    model: about.model ?? 'tiny',
    maxAttempts: 1,
    modelSource: { ...synthetic, engine: 'llama-cpp', files },
  });

/** What the worker said of the job that failed. */
async function failureOf(scene: Scene, job: ReturnType<typeof chat>): Promise<Readonly<Record<string, unknown>>> {
  await scene.studio.jobIs((await job).id, 'failed');
  return scene.worker.events.find(({ event }) => event === 'job.failed')?.fields ?? {};
}

test('a chat about an image is answered by a model with a projector', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const projector = { ...fileOf(server, 'vl-mmproj.gguf'), role: 'text-encoder-vision' };
  const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#00f' } })
    .png()
    .toBuffer();
  const about = { model: 'vl', task: { images: [`data:image/png;base64,${png.toString('base64')}`] } };
  const { id } = await chat(scene, [projector, fileOf(server, 'vl.gguf')], about);
  const { result } = await scene.studio.jobIs(id, 'completed');
  expect(result).toMatchObject({ model: 'vl', choices: [{ message: { content: 'I see blue' } }], ran_on: 'cpu' });
  expect(server.asked.toSorted()).toEqual(['vl-mmproj.gguf', 'vl.gguf']);
});

test('a projector of another model fails the chat for good', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const projector = { ...fileOf(server, 'other-mmproj.gguf'), role: 'text-encoder-vision' };
  expect(await failureOf(scene, chat(scene, [projector, fileOf(server, 'vl.gguf')]))).toMatchObject({
    code: 'model.unusable',
    error: expect.stringContaining('other-mmproj.gguf is of another model than vl.gguf'),
  });
  expect((await scene.studio.next('fail')).retryable).toBe(false);
});

test('an offer of a chat is fetched, answered and delivered', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const { id } = await chat(scene, [fileOf(server, 'tiny.gguf')]);
  const { result } = await scene.studio.jobIs(id, 'completed');
  expect(result).toEqual({
    object: 'chat.completion',
    model: 'tiny',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: expect.stringMatching(/^Hello from a (tiny|small) model here$/) },
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: expect.any(Number), completion_tokens: 6, total_tokens: expect.any(Number) },
    elapsed_ms: expect.any(Number),
    ran_on: 'cpu',
  });
  expect(server.asked).toEqual(['tiny.gguf']);
});

test('the next turn of a conversation is answered by the same model in memory', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const turns = [{ role: 'user', content: 'hi' }];
  const answered = async (): Promise<unknown> => {
    const { id } = await chat(scene, [fileOf(server, 'tiny.gguf')], { task: { messages: turns } });
    return (await scene.studio.jobIs(id, 'completed')).result;
  };
  const first = await answered();
  turns.push({ role: 'assistant', content: 'Hello from a tiny model here' }, { role: 'user', content: 'go on' });
  expect(await answered()).toMatchObject({ choices: [{ message: { content: expect.stringMatching(/^Hello from/) } }] });
  expect(first).toMatchObject({ usage: { completion_tokens: 6 } });
  expect(scene.worker.events.filter(({ event }) => event === 'model.loaded')).toHaveLength(1);
});

test('a model the operator added is offered by name and needs no files', async () => {
  await using place = await aScene();
  const { scene } = place;
  const { capabilities } = await scene.studio.next('hello');
  expect(capabilities.supportedModelsPerKind.llm).toContain('mine');
  const { id } = await chat(scene, [], { model: 'mine' });
  const { result } = await scene.studio.jobIs(id, 'completed');
  expect(result).toMatchObject({ model: 'mine', choices: [{ message: { content: 'Mine' } }] });
});

test('a chat with a model that is nowhere fails with what the contract says', async () => {
  await using place = await aScene();
  expect(await failureOf(place.scene, chat(place.scene, []))).toMatchObject({
    code: 'model.role-missing',
    error: 'llama modelSource for `tiny` contained no .gguf file',
  });
});

test('a chat whose only file is no GGUF fails before the file is fetched', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  expect(await failureOf(scene, chat(scene, [fileOf(server, 'voice.onnx')]))).toMatchObject({
    code: 'model.role-missing',
  });
  expect(server.asked).toEqual([]);
});

test('a prompt over the context fails and is not tried again', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const task = { messages: [{ role: 'user', content: 'x'.repeat(2000) }] };
  const job = chat(scene, [fileOf(server, 'tiny.gguf')], { task });
  expect(await failureOf(scene, job)).toMatchObject({ code: 'task.prompt-too-long' });
  expect((await scene.studio.next('fail')).retryable).toBe(false);
});

test('a reply that misses its schema is neither delivered nor retried', async () => {
  await using place = await aScene();
  const { scene, server } = place;
  const task = { jsonSchema: { type: 'string', maxLength: 3, pattern: '^yes indeed$' } };
  const job = chat(scene, [fileOf(server, 'tiny.gguf')], { task });
  expect(await failureOf(scene, job)).toMatchObject({ code: 'task.fails-again' });
  expect((await scene.studio.next('fail')).retryable).toBe(false);
});
