import { expect, test } from 'bun:test';
import { toModelId } from '../../../../src/base/ids.ts';
import { voiceConfig } from '../../../../src/demo/weights/voice.ts';
import type { InputTensor, OnnxSession, Tensor } from '../../../../src/engines/onnx/binding.ts';
import { createSpeaker } from '../../../../src/engines/piper/inside.ts';
import { createSpeech } from '../../../../src/engines/piper/speech.ts';
import { aTask, synthetic } from '../../../fakes/builders.ts';
import { samplesOf } from '../../../fakes/engines/piper-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { loading } from '../../../fakes/engines/loading.ts';

const INPUTS = ['input', 'input_lengths', 'scales'];

/** A speaker whose model's every number is the test's, and whose phonemes are the letters themselves. */
async function setup(choice: { inputs?: readonly string[]; output?: Tensor; config?: object } = {}) {
  const seen: Readonly<Record<string, InputTensor>>[] = [];
  const abort = new AbortController();
  let released = 0;
  const session: OnnxSession = {
    inputs: choice.inputs ?? INPUTS,
    outputs: ['output'],
    run: async (tensors) => {
      seen.push(tensors);
      return { output: choice.output ?? { data: new Float32Array(100).fill(0.1), dims: [1, 1, 1, 100] } };
    },
    [Symbol.asyncDispose]: async () => void (released += 1),
  };
  const warnings: unknown[] = [];
  const speaker = createSpeaker({
    files: { readNamedText: () => Promise.resolve(JSON.stringify({ ...voiceConfig(), ...choice.config })) },
    openSession: () => Promise.resolve(session),
    openPhonemes: () => Promise.resolve((words) => Promise.resolve([words])),
    warn: (event, fields) => void warnings.push([event, fields]),
  });
  const paths = new Map([['model', '/v.onnx'] as const, ['config', '/v.json'] as const]);
  const context = { signal: abort.signal, progress: () => {}, emit: () => {} };
  const files = { model: toModelId('v'), paths, loras: [], defaults: synthetic.cliDefaults };
  const load = () => speaker.load(files, loading(abort.signal));
  return { load, seen, warnings, abort, context, released: () => released };
}

const speech = (about: object = {}) => aTask({ kind: 'audio_tts', text: 'aa.', ...about });

test('the model receives ids, their count and scales adjusted for speed', async () => {
  const { load, seen, context } = await setup({ config: { inference: { length_scale: 1.5 } } });
  await using model = await load();
  await model.run(speech({ speed: 2 }), new Map(), context);
  const [{ input, input_lengths: lengths, scales, sid } = {}] = seen;
  const a = BigInt(Object(voiceConfig()['phoneme_id_map'])['a'][0]);
  const stop = BigInt(Object(voiceConfig()['phoneme_id_map'])['.'][0]);
  expect(input).toEqual({ data: BigInt64Array.of(1n, 0n, a, 0n, a, 0n, stop, 0n, 2n), dims: [1, 9] });
  expect(lengths).toEqual({ data: BigInt64Array.of(9n), dims: [1] });
  expect(scales).toEqual({ data: Float32Array.of(0.667, 0.75, 0.8), dims: [3] });
  expect(sid).toBeUndefined();
});

test('a model that takes a speaker gets its number', async () => {
  const config = { num_speakers: 3, speaker_id_map: { ann: 2 } };
  const { load, seen, context } = await setup({ inputs: [...INPUTS, 'sid'], config });
  await using model = await load();
  await model.run(speech({ voice: 'ann' }), new Map(), context);
  expect(seen[0]?.['sid']).toEqual({ data: BigInt64Array.of(2n), dims: [1] });
});

test('a job that is given up stops before the next sentence', async () => {
  const { load, seen, context, abort } = await setup();
  await using model = await load();
  const reason = new Error('given up');
  const progress = (): void => abort.abort(reason);
  expect(await failureOf(model.run(speech({ text: 'aa. Ee. Ii.' }), new Map(), { ...context, progress }))).toBe(reason);
  expect(seen.length).toBe(1);
});

test.each([
  ['two sounds', { data: new Float32Array(200), dims: [2, 1, 1, 100] }],
  ['no sound', { data: new Float32Array(), dims: [1, 1, 1, 0] }],
])('a model that gives %s is refused', async (_what, output) => {
  const { load, context } = await setup({ output });
  await using model = await load();
  expect(await failureOf(model.run(speech(), new Map(), context))).toMatchObject({ code: 'model.unusable' });
});

test('a model with other inputs is refused when it is loaded', async () => {
  const { load } = await setup({ inputs: ['image', 'mask'] });
  expect(await failureOf(load())).toMatchObject({
    code: 'model.unusable',
    message: 'the model takes image, mask; a voice takes input, input_lengths, scales',
  });
});

test('the model’s memory goes with it', async () => {
  const { load, released } = await setup();
  const model = await load();
  await model[Symbol.asyncDispose]();
  expect(released()).toBe(1);
});

test('sentences keep their loudness to each other, and the loudest just fits', () => {
  const sound = createSpeech(8_000);
  sound.add(new Float32Array(10).fill(0.2));
  sound.add(new Float32Array(10).fill(-4));
  const { rate, samples } = samplesOf(sound.wav());
  expect(rate).toBe(8_000);
  expect(samples.length).toBe(10 + 1_600 + 10);
  expect(samples[0]).toBeCloseTo(0.0475, 3);
  expect(samples.at(-1)).toBeCloseTo(-0.95, 3);
});

test('audio that is nearly silent is not made into noise', () => {
  const sound = createSpeech(8_000);
  sound.add(new Float32Array(10).fill(1e-6));
  expect(samplesOf(sound.wav()).samples.every((sample) => Math.abs(sample) < 0.001)).toBe(true);
});

test('speech of more than an hour is refused before it is written', () => {
  const sound = createSpeech(8_000);
  const minute = new Float32Array(60 * 8_000);
  for (let count = 0; count < 59; count++) sound.add(minute);
  expect(() => sound.add(minute)).toThrow('the text takes longer than 60 minutes to speak');
});
