import { Glob } from 'bun';
import { beforeAll, expect, setDefaultTimeout, test } from 'bun:test';
import { stat, writeFile } from 'node:fs/promises';
import sharp from 'sharp';
import { chatModel } from '../../src/demo/weights/chat.ts';
import { seeingModel, visionProjector } from '../fakes/engines/vision-weights.ts';
import type { RunContext } from '../../src/engines/engine.ts';
import { createSchemaCheck } from '../../src/jobs/results/schema-check.ts';
import { systemClock } from '../../src/system/clock.ts';
import { spawnIpc } from '../../src/system/process/processes.ts';
import { aTask, synthetic } from '../fakes/builders.ts';
import { fakeStudio } from '../fakes/studio/fake-studio.ts';
import { fileServer } from '../fakes/models/file-server.ts';
import { completionOf, llamaScene } from '../fakes/engines/llama-engine.ts';
import { alone, BUILD_LIMIT_MS, builtBinary } from './built.ts';
import { serving } from './worker.ts';
import { USUAL } from '../fakes/engines/loading.ts';
import { PATIENCE_MS } from '../flow/wait-for.ts';

setDefaultTimeout(2 * PATIENCE_MS);
beforeAll(() => builtBinary(), BUILD_LIMIT_MS);

const TASK = { kind: 'llm', messages: [{ role: 'user', content: 'hi' }], temperature: 0 } as const;
const REPLY = /^Hello from a (tiny|small) model here$/;

test('the executable alone, as engine child, loads a model and answers a chat', async () => {
  await using program = await alone(await builtBinary());
  using scene = llamaScene({ command: [program.path], env: program.env });
  const context: RunContext = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
  await using model = await scene.engine.load(scene.files, context.signal, USUAL);
  expect(completionOf(await model.run(aTask(TASK), context))).toMatchObject({
    said: expect.stringMatching(REPLY),
    finish: 'stop',
  });
  const jsonSchema = { enum: ['llm', 'image'] };
  const { said } = completionOf(await model.run(aTask({ ...TASK, jsonSchema }), context));
  expect(jsonSchema.enum).toContain(JSON.parse(said));
});

test('the executable alone verifies a reply against a schema in a child', async () => {
  await using program = await alone(await builtBinary());
  const command = [program.path, '__schema'];
  const check = createSchemaCheck({ spawn: spawnIpc, command, env: program.env, clock: systemClock });
  const { signal } = new AbortController();
  expect(await check('"yes"', { pattern: '^y' }, signal)).toEqual({ is: 'good' });
  expect(await check('"no"', { pattern: '^y' }, signal)).toMatchObject({
    is: 'bad',
    problem: 'the reply does not meet its schema: `pattern` at #',
  });
});

test('the executable alone reads an image by a model with a projector', async () => {
  await using program = await alone(await builtBinary());
  using scene = llamaScene({
    command: [program.path],
    env: program.env,
    weights: seeingModel(),
    projector: visionProjector(),
  });
  const context: RunContext = { signal: new AbortController().signal, progress: () => {}, emit: () => {} };
  await using model = await scene.engine.load(scene.files, context.signal, USUAL);
  const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#0f0' } })
    .png()
    .toBuffer();
  const images = [`data:image/png;base64,${png.toString('base64')}`];
  expect(completionOf(await model.run(aTask({ ...TASK, images }), context))).toMatchObject({
    said: 'I see green',
    finish: 'stop',
  });
});

test('a native binary that cannot be loaded fails by name with a hint', async () => {
  await using program = await alone(await builtBinary());
  using scene = llamaScene({ command: [program.path], env: program.env });
  const { signal } = new AbortController();
  const loaded = await scene.engine.load(scene.files, signal, USUAL);
  await loaded[Symbol.asyncDispose]();
  const [addon = ''] = [
    ...new Glob('.cache/**/llama-addon.node').scanSync({ cwd: program.home, dot: true, absolute: true }),
  ];
  await writeFile(addon, new Uint8Array((await stat(addon)).size)); // as a noexec disk does: there, but not loadable
  const failure = await scene.engine.load(scene.files, signal, USUAL).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({
    code: 'native.unavailable',
    hint: expect.stringContaining('STUDIO_WORKER_CACHE_DIR'),
  });
});

test('a studio’s offer of a chat is served by the executable alone', async () => {
  await using program = await alone(await builtBinary());
  await using server = fileServer({ 'tiny.gguf': chatModel() });
  await using studio = await fakeStudio({ patienceMs: PATIENCE_MS });
  await using _worker = await serving(program, studio);
  const files = [{ role: 'model', url: server.url('tiny.gguf'), filename: 'tiny.gguf' }];
  const { id } = await studio.createJob(aTask(TASK), {
    model: 'tiny',
    modelSource: { ...synthetic, engine: 'llama-cpp', files },
  });
  const { result } = await studio.jobIs(id, 'completed');
  expect(result).toMatchObject({ model: 'tiny', usage: { completion_tokens: 6 } });
});
