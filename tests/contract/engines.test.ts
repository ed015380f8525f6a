import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test';
import { readFile } from 'node:fs/promises';
import { toModelId } from '../../src/base/ids.ts';
import { resultIs, type Task, TASK_KIND_IDS, type TaskKindId } from '../../src/contract/tasks/index.ts';
import type { Engine, LoadedModel, ModelFiles } from '../../src/engines/engine.ts';
import type { TaskDelta } from '../../src/engines/result.ts';
import { createRegistry } from '../../src/engines/registry.ts';
import { run } from '../../src/jobs/run.ts';
import { systemClock } from '../../src/system/clock.ts';
import { aJob, aTask, heldFiles, synthetic } from '../fakes/builders.ts';
import { FOUR_GPUS, seesOnly } from '../fakes/engines/gpu-access.ts';
import { gradioScene } from '../fakes/engines/gradio-scene.ts';
import { completionOf, llamaScene } from '../fakes/engines/llama-engine.ts';
import { onnxScene, paint } from '../fakes/engines/onnx-engine.ts';
import { piperScene } from '../fakes/engines/piper-engine.ts';
import { plainRun, unobserved } from '../fakes/run-deps.ts';
import { recordingLogger } from '../fakes/recording-logger.ts';
import { sdCppScene } from '../fakes/engines/sd-cpp/sd-cpp-engine.ts';
import { aSynthetic } from '../fakes/engines/synthetic-engine.ts';
import { whisperScene } from '../fakes/engines/whisper-engine.ts';
import { tempFolder, within } from '../fakes/system/temp-folder.ts';
import { USUAL } from '../fakes/engines/loading.ts';
import { textOf } from '../fakes/engines/deltas.ts';
import { openConfig } from '../../src/compose/config.ts';
import { realEffects } from '../../src/compose/effects.ts';
import { realEngines } from '../../src/compose/engines/engines.ts';
import { LINUX, needs } from '../needs.ts';

/** Engines start processes that load libraries, on a busy machine. */
setDefaultTimeout(120_000);

/** For engines that work on something. */
const INPUTS = { initImageUrl: 'https://example.invalid/fox.png', maskUrl: 'https://example.invalid/mask.png' };
/** One small task of each kind, and what a long one looks like. */
const SMALL: Readonly<Record<TaskKindId, Task>> = {
  image: aTask({ kind: 'image', prompt: 'a fox', width: 64, height: 64, ext: 'png', ...INPUTS }),
  llm: aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }], maxTokens: 8 }),
  audio_stt: aTask({ kind: 'audio_stt', inputUrl: 'https://example.invalid/a.wav' }),
  audio_tts: aTask({ kind: 'audio_tts', text: 'hi' }),
  video: aTask({ kind: 'video', prompt: 'a fox', seconds: 0.5, width: 64, height: 64 }),
  mesh: aTask({ kind: 'mesh', imageUrl: INPUTS.initImageUrl }),
};
const LONG: Readonly<Partial<Record<TaskKindId, Task>>> = {
  llm: aTask({ kind: 'llm', messages: [{ role: 'user', content: 'hi' }], maxTokens: 100_000 }),
  image: aTask({ kind: 'image', prompt: 'a fox', width: 4096, height: 4096, ...INPUTS }),
  audio_tts: aTask({ kind: 'audio_tts', text: 'The fox crosses the ice. '.repeat(300) }),
  video: aTask({ kind: 'video', prompt: 'a fox', seconds: 60, fps: 8 }),
};
/** First bytes of what an extension promises. */
const MAGIC: Readonly<Record<string, RegExp>> = {
  png: /^\x89PNG/,
  jpg: /^\xff\xd8\xff/,
  webp: /^RIFF.{4}WEBP/s,
  gif: /^GIF8/,
  wav: /^RIFF.{4}WAVE/s,
  glb: /^glTF/,
};
/** For engines that refuse to work on something. */
const BY_TEXT_ALONE: ReadonlySet<string> = new Set(['gradio']);
/** No promise of the product, but less than any of the long tasks takes. */
const ABORT_LIMIT_MS = 10_000;

const onnx = onnxScene();
const piper = piperScene();
afterAll(() => {
  onnx[Symbol.dispose]();
  piper[Symbol.dispose]();
});
onnx.web.set(INPUTS.initImageUrl, await paint(64, 64, (x, y) => [x * 4, y * 4, 128]));
onnx.web.set(INPUTS.maskUrl, await paint(64, 64, (x, y) => (x > 20 && x < 40 && y > 20 && y < 40 ? 255 : 0)));

const llama = llamaScene({ model: { endless: true, contextLength: 8192 } });
afterAll(() => llama[Symbol.dispose]());

const whisper = whisperScene();
afterAll(() => whisper[Symbol.dispose]());
const gradio = await gradioScene();
afterAll(() => gradio[Symbol.asyncDispose]());

const sdCpp = sdCppScene({ fetchInput: (_, url) => Promise.resolve(onnx.web.get(url) ?? new Uint8Array()) });
await sdCpp.installBoth();
afterAll(() => sdCpp[Symbol.asyncDispose]());

const registry = createRegistry([
  aSynthetic({ fetchImage: (_, url) => Promise.resolve(onnx.web.get(url) ?? new Uint8Array()) }),
  onnx.engine,
  llama.engine,
  piper.engine,
  whisper.engine,
  gradio.engine,
  sdCpp.engine,
]);
const noFiles = { model: toModelId('synthetic'), paths: new Map(), loras: [], defaults: synthetic.cliDefaults };
/** Weights for those that need some, by engine, and by kind where an engine needs others for it. */
const FILES: ReadonlyMap<string, ModelFiles> = new Map([
  ['onnx', onnx.files],
  ['llama-cpp', llama.files],
  ['piper', piper.files],
  ['whisper-cpp', whisper.files],
  ['sd-cpp', sdCpp.files],
  ['sd-cpp video', { ...sdCpp.files, defaults: { ...sdCpp.files.defaults, mode: 'vid_gen' } }],
]);

/** A small task of a kind as this engine takes it, or a long one. */
function taskFor(engine: Engine, kind: TaskKindId, length: 'small' | 'long' = 'small'): Task {
  const task = length === 'long' ? (LONG[kind] ?? SMALL[kind]) : SMALL[kind];
  const isBare = task.kind === 'image' && BY_TEXT_ALONE.has(engine.id);
  return isBare ? { ...task, initImageUrl: undefined, maskUrl: undefined } : task;
}

function setup(engine: Engine, kind = '') {
  const abort = new AbortController();
  const files = FILES.get(`${engine.id} ${kind}`) ?? FILES.get(engine.id) ?? noFiles;
  const load = () => engine.load(files, abort.signal, USUAL);
  const context = { signal: abort.signal, progress: () => {}, emit: () => {} };
  return { abort, load, context };
}

const outcomeOf = (work: Promise<unknown>): Promise<unknown> => work.catch((thrown: unknown) => thrown);

/** How a child is told which GPUs to see. */
const NAMES_GPUS = /^(?:CUDA|HIP|ROCR|GGML_VK)_VISIBLE_DEVICES$|^CUDA_DEVICE_ORDER$|^VK_LOADER_/;

/** What a process of a model has in its environment about GPUs. */
async function gpuVariablesOf(loaded: LoadedModel): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(`/proc/${loaded.process?.pid}/environ`, 'utf8');
  const pairs = text.split('\0').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  return Object.fromEntries(pairs.filter(([name = '']) => NAMES_GPUS.test(name)));
}

/** What every engine promises to the jobs that use it. */
function engineContract(engine: Engine): void {
  const kinds = TASK_KIND_IDS.filter((kind) => engine.models[kind] !== undefined);

  test('is found by its own name and advertises models of its own', () => {
    for (const kind of kinds) expect(registry.get({ engine: engine.id, model: noFiles.model, kind })).toBe(engine);
    for (const kind of kinds) expect(engine.models[kind]?.length).toBeGreaterThan(0);
    expect(Object.values(engine.models).flat()).not.toContain('*');
  });

  test('answers whether it is ready the same way twice', async () => {
    const first = await engine.readiness();
    expect(await engine.readiness()).toEqual(first);
    if (!first.ready) expect(first.hint).not.toBe('');
  });

  test.each(kinds)('turns a task of kind %s into a result of that kind', async (kind) => {
    const { load, context } = setup(engine, kind);
    await using loaded = await load();
    const result = await loaded.run(taskFor(engine, kind), context);
    expect(result.is).toBe(resultIs(kind));
    if (result.is === 'json') expect(JSON.parse(JSON.stringify(result.value))).toEqual(result.value);
    else expect(Buffer.from(result.bytes.subarray(0, 12)).toString('latin1')).toMatch(MAGIC[result.ext] ?? /never/);
  });

  test.each(kinds)('progress on a task of kind %s only rises and never exceeds its total', async (kind) => {
    const { load, context } = setup(engine, kind);
    await using loaded = await load();
    let last = 0;
    await loaded.run(taskFor(engine, kind), {
      ...context,
      progress: (done, total) => {
        expect(done).toBeGreaterThan(last);
        expect(done).toBeLessThanOrEqual(total);
        last = done;
      },
    });
  });

  test.each(kinds)('a task of kind %s emits exactly its result, complete by the end', async (kind) => {
    const { load, context } = setup(engine, kind);
    await using loaded = await load();
    const deltas: TaskDelta[] = [];
    const result = await loaded.run(taskFor(engine, kind), { ...context, emit: (delta) => void deltas.push(delta) });
    const emitted = textOf(deltas);
    if (kind === 'llm') expect(emitted).toBe(completionOf(result).said);
    else expect(emitted).toBe('');
  });

  test('refuses to load once its job was given up, with the reason', async () => {
    const { abort, load } = setup(engine);
    const reason = new Error('given up');
    abort.abort(reason);
    expect(await outcomeOf(load())).toBe(reason);
  });

  test.each(kinds)('stops a task of kind %s once it is aborted, with the reason', async (kind) => {
    const { abort, load, context } = setup(engine, kind);
    await using loaded = await load();
    const reason = new Error('given up');
    const running = outcomeOf(loaded.run(taskFor(engine, kind, 'long'), context));
    abort.abort(reason);
    expect(await within(ABORT_LIMIT_MS, 'the end', running)).toBe(reason);
  });

  test('can be disposed of twice, and loaded again after that', async () => {
    const { load, context } = setup(engine);
    const loaded = await load();
    await loaded[Symbol.asyncDispose]();
    await loaded[Symbol.asyncDispose]();
    await using again = await load();
    const [kind = 'llm'] = kinds;
    expect((await again.run(taskFor(engine, kind), context)).is).toBe(resultIs(kind));
  });

  test('leaves kinds that it does not list unserved, by name', async () => {
    const [without = 'llm'] = kinds;
    const lesser: Engine = { ...engine, models: { ...engine.models, [without]: undefined } };
    const deps = {
      registry: createRegistry([lesser]),
      files: { filesFor: () => Promise.resolve({ ...heldFiles, ...noFiles }) },
      ...plainRun,
      clock: systemClock,
      log: recordingLogger(),
      observer: unobserved,
    };
    const job = aJob({ task: SMALL[without], modelSource: { ...synthetic, engine: engine.id } });
    expect(await run(job, deps, new AbortController().signal)).toMatchObject({
      is: 'failed',
      error: { code: 'task.unsupported', message: `${engine.id} engine cannot serve ${without} tasks` },
    });
  });
}

test('every engine that this release carries is held to the contract', async () => {
  await using folder = await tempFolder();
  const effects = realEffects();
  const log = recordingLogger();
  const config = await openConfig(folder.at('config.toml'), effects, { log, readOnly: true });
  const carried = realEngines(effects, { log, config }).engines.map(({ id }) => id);
  expect(registry.engines.map(({ id }) => id).toSorted()).toEqual(carried.toSorted());
});

for (const engine of registry.engines) {
  describe(`the ${engine.id} engine`, () => engineContract(engine));
}

/** Those whose models are held by processes of this machine. */
const WITH_PROCESS: ReadonlySet<string> = new Set(['onnx', 'llama-cpp', 'piper', 'whisper-cpp', 'sd-cpp']);

for (const engine of registry.engines.filter(({ id }) => WITH_PROCESS.has(id))) {
  needs(LINUX)(`the ${engine.id} child sees the GPU it was placed on and no other`, async () => {
    const { abort } = setup(engine);
    for (const device of FOUR_GPUS) {
      await using loaded = await engine.load(FILES.get(engine.id) ?? noFiles, abort.signal, { ...USUAL, device });
      expect(await gpuVariablesOf(loaded)).toEqual(seesOnly(device));
    }
  });

  needs(LINUX)(`the ${engine.id} child that may use any GPU is told of none`, async () => {
    const { load } = setup(engine);
    await using loaded = await load();
    expect(await gpuVariablesOf(loaded)).toEqual({});
  });
}

test('no engine stands in for one that is missing', () => {
  expect(() => registry.get({ engine: 'parakeet', model: toModelId('lama'), kind: 'audio_stt' })).toThrow(
    'no `parakeet` engine compiled into this worker (model `lama` requires it).',
  );
});
