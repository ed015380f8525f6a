import { expect, test } from 'bun:test';
import { voiceConfig, voiceModel } from '../../../../src/demo/weights/voice.ts';
import type { LoadedModel, RunContext } from '../../../../src/engines/engine.ts';
import { createPiperEngine } from '../../../../src/engines/piper/index.ts';
import { lookAtSound } from '../../../../src/jobs/output/sound.ts';
import { aTask } from '../../../fakes/builders.ts';
import { piperScene, type PiperScene, samplesOf } from '../../../fakes/piper-engine.ts';
import { failureOf } from '../../system/temp-folder.ts';

const context = (progress: RunContext['progress'] = () => {}): RunContext => ({
  signal: new AbortController().signal,
  progress,
});

/** A spoken text, by a model of its own unless one is given. */
async function spoken(
  scene: PiperScene,
  about: Readonly<Record<string, unknown>> = {},
  loaded?: LoadedModel,
): Promise<Uint8Array> {
  const model = loaded ?? (await scene.engine.load(scene.files, context().signal));
  try {
    const result = await model.run(aTask({ kind: 'audio_tts', text: 'Hello world.', ...about }), context());
    if (result.is !== 'artifact') throw new Error('expected a sound');
    expect(result.ext).toBe('wav');
    return result.bytes;
  } finally {
    if (loaded === undefined) await model[Symbol.asyncDispose]();
  }
}

const secondsOf = (wav: Uint8Array): number => samplesOf(wav).samples.length / samplesOf(wav).rate;

test('a text becomes a sound of the voice’s rate that is loud, undistorted and no silence', async () => {
  using scene = piperScene();
  const wav = await spoken(scene);
  const { rate, samples } = samplesOf(wav);
  expect(rate).toBe(16_000);
  const peak = Math.max(...samples.map(Math.abs));
  expect(peak).toBeGreaterThan(0.9);
  expect(peak).toBeLessThan(1);
  expect(lookAtSound(wav, { maySilent: false })).toEqual({ is: 'good' });
  expect(scene.log.names()).toEqual(['engine.started']);
});

test('two sentences are spoken one after the other, with a pause between them', async () => {
  using scene = piperScene();
  await using model = await scene.engine.load(scene.files, context().signal);
  const one = await spoken(scene, { text: 'Hello world.' }, model);
  const two = await spoken(scene, { text: 'Hello world. Hello world.' }, model);
  expect(secondsOf(two)).toBeCloseTo(2 * secondsOf(one) + 0.2, 3);
  const { rate, samples } = samplesOf(two);
  const pause = samples.slice(samples.length / 2 - rate * 0.1, samples.length / 2 + rate * 0.1);
  expect(pause.every((sample) => sample === 0)).toBe(true);
});

test.each([
  [2, 0.5],
  [0.5, 2],
  [undefined, 1],
])('at a speed of %p a text lasts %p times as long', async (speed, factor) => {
  using scene = piperScene();
  await using model = await scene.engine.load(scene.files, context().signal);
  const own = secondsOf(await spoken(scene, {}, model));
  expect(secondsOf(await spoken(scene, { speed }, model))).toBeCloseTo(own * factor, 1);
});

test('speakers are asked for by name or number, and the default is the first', async () => {
  using scene = piperScene({ voice: { speakers: ['ada', 'bob'] } });
  await using model = await scene.engine.load(scene.files, context().signal);
  const [ada, bob] = [await spoken(scene, { voice: 'ada' }, model), await spoken(scene, { voice: 'bob' }, model)];
  expect(Buffer.compare(ada, bob)).not.toBe(0);
  expect(await spoken(scene, { voice: '1' }, model)).toEqual(bob);
  expect(await spoken(scene, {}, model)).toEqual(ada);
});

test('progress counts sentences, also those in which there is nothing to say', async () => {
  using scene = piperScene();
  await using model = await scene.engine.load(scene.files, context().signal);
  const seen: (readonly number[])[] = [];
  const told = context((done, total) => void seen.push([done, total]));
  await model.run(aTask({ kind: 'audio_tts', text: 'One. Two? Three!' }), told);
  expect(seen).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test.each([
  ['voice', { voice: 'alloy' }, 'task.voice-unknown', 'Ask for `default`, 0 to 1, or one of ada, bob.'],
  ['voice by number', { voice: '2' }, 'task.voice-unknown', '0 to 1'],
  ['language', { language: 'de' }, 'task.language-mismatch', 'without `language`'],
  ['speed', { speed: 9 }, 'task.speed-out-of-range', 'from 0.25 to 4'],
  ['speed of nothing', { speed: 0 }, 'task.speed-out-of-range', 'from 0.25 to 4'],
  ['empty text', { text: ' \n ' }, 'task.text-unspeakable', 'words in it'],
  ['text of marks', { text: '... !!! —' }, 'task.text-unspeakable', 'words in it'],
  ['long text', { text: 'word '.repeat(2_001) }, 'task.text-too-long', 'each part'],
] as const)('a %s that no voice can serve is refused by name', async (_what, about, code, hint) => {
  using scene = piperScene({ voice: { speakers: ['ada', 'bob'] } });
  expect(await failureOf(spoken(scene, about))).toMatchObject({
    code,
    retryable: false,
    hint: expect.stringContaining(hint),
  });
});

test.each(['en', 'en-GB', 'EN_us', ''])('a voice of English takes a task in %p', async (language) => {
  using scene = piperScene();
  expect(secondsOf(await spoken(scene, { language }))).toBeGreaterThan(0.3);
});

test('phonemes that the voice has no sound for are left out and counted in the log', async () => {
  const config = voiceConfig();
  const { ə: _, ...ids } = config['phoneme_id_map'] as Readonly<Record<string, readonly number[]>>;
  using scene = piperScene({ config: JSON.stringify({ ...config, phoneme_id_map: ids }) });
  await spoken(scene);
  expect(scene.log.events.find(({ event }) => event === 'phonemes.dropped')?.fields).toMatchObject({
    count: 1,
    which: 'ə',
    engine: 'piper',
    model: 'voice',
  });
});

test('numbers without a value fail the job, which may be tried again', async () => {
  using scene = piperScene({ voice: { broken: true } });
  expect(await failureOf(spoken(scene))).toMatchObject({ code: 'engine.failed', retryable: true });
});

test('a voice whose source lists its config under another role is found by its name', async () => {
  using scene = piperScene();
  const [model = '', config = ''] = scene.files.paths.values();
  const paths = new Map([['model', model] as const, ['vae', config] as const]);
  const loading = scene.engine.load({ ...scene.files, paths }, context().signal);
  await (await loading)[Symbol.asyncDispose]();
});

test.each([['model'], ['config']] as const)(
  'a model source without the role %s is refused by that name',
  async (role) => {
    using scene = piperScene();
    const paths = new Map([...scene.files.paths].filter(([name]) => name !== role));
    expect(await failureOf(scene.engine.load({ ...scene.files, paths }, context().signal))).toMatchObject({
      code: 'model.role-missing',
      retryable: false,
      message: `the piper engine needs a file with the role \`${role}\``,
    });
    expect(scene.log.names()).toEqual([]);
  },
);

test.each([
  ['no voice at all', { weights: new TextEncoder().encode('<!doctype html>') }, 'model.unusable'],
  ['half a voice', { weights: voiceModel().subarray(0, 900) }, 'model.unusable'],
  [
    'a voice of one speaker where the config says two',
    { weights: voiceModel(), voice: { speakers: ['a', 'b'] } },
    'model.unusable',
  ],
  ['a config that is a web page', { config: '<!doctype html>' }, 'model.config-invalid'],
  ['an empty config', { config: '' }, 'model.config-invalid'],
] as const)('%s is refused when it is loaded, and crashes nothing', async (_what, files, code) => {
  using scene = piperScene(files);
  expect(await failureOf(spoken(scene))).toMatchObject({ code, retryable: false });
  expect(scene.log.names()).toEqual(['engine.started']);
});

test('another kind of task is refused by name', async () => {
  using scene = piperScene();
  await using model = await scene.engine.load(scene.files, context().signal);
  expect(await failureOf(model.run(aTask({ kind: 'llm', messages: [] }), context()))).toMatchObject({
    code: 'task.unsupported',
    message: 'piper engine only serves audio_tts tasks, got llm',
  });
});

test('a build without the runtime is not ready and says what to do', async () => {
  const host = { load: () => Promise.reject(new Error('nobody asked for a model')) };
  expect(await createPiperEngine({ host, hasRuntime: () => false }).readiness()).toMatchObject({
    ready: false,
    hint: expect.stringContaining('bun install'),
  });
});
