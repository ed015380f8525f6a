import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { voiceConfig, voiceModel } from '../../../../src/demo/weights/voice.ts';
import type { LoadedModel, RunContext } from '../../../../src/engines/engine.ts';
import { createPiperEngine } from '../../../../src/engines/piper/index.ts';
import { checkAudio } from '../../../../src/jobs/results/audio.ts';
import { aTask } from '../../../fakes/builders.ts';
import { noFfmpeg } from '../../../fakes/engines/ffmpeg.ts';
import { piperScene, samplesOf } from '../../../fakes/engines/piper-engine.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';

setDefaultTimeout(120_000); // a child that starts on a busy machine

const context = (progress: RunContext['progress'] = () => {}): RunContext => ({
  signal: new AbortController().signal,
  progress,
  emit: () => {},
});

/** One voice of two speakers serves all tests that do not need another. */
const scene = piperScene({ voice: { speakers: ['ada', 'bob'] } });
const model = await scene.engine.load(scene.files, context().signal, USUAL);
afterAll(async () => {
  await model[Symbol.asyncDispose]();
  scene[Symbol.dispose]();
});

/** A spoken text. */
async function spoken(about: Readonly<Record<string, unknown>> = {}, by: LoadedModel = model): Promise<Uint8Array> {
  const result = await by.run(aTask({ kind: 'audio_tts', text: 'Hello world.', ...about }), context());
  if (result.is !== 'artifact') throw new Error('expected a sound');
  expect(result.ext).toBe(typeof about['ext'] === 'string' ? about['ext'].toLowerCase() : 'wav');
  return result.bytes;
}

/** A spoken text, by a voice of its own. */
async function spokenBy(options: Parameters<typeof piperScene>[0], about = {}) {
  const own = piperScene(options);
  try {
    await using loaded = await own.engine.load(own.files, context().signal, USUAL);
    return { wav: await spoken(about, loaded), log: own.log };
  } catch (thrown) {
    return { thrown, log: own.log };
  } finally {
    own[Symbol.dispose]();
  }
}

const secondsOf = (wav: Uint8Array): number => samplesOf(wav).samples.length / samplesOf(wav).rate;

test('speech has the voice’s sample rate and is neither silent nor distorted', async () => {
  const wav = await spoken();
  const { rate, samples } = samplesOf(wav);
  expect(rate).toBe(16_000);
  const peak = Math.max(...samples.map(Math.abs));
  expect(peak).toBeGreaterThan(0.9);
  expect(peak).toBeLessThan(1);
  expect(checkAudio(wav, { mayBeSilent: false })).toEqual({ is: 'good' });
});

test('two sentences are spoken one after the other, with a pause between them', async () => {
  const one = await spoken({ text: 'Hello world.' });
  const two = await spoken({ text: 'Hello world. Hello world.' });
  expect(secondsOf(two)).toBeCloseTo(2 * secondsOf(one) + 0.2, 3);
  const { rate, samples } = samplesOf(two);
  const pause = samples.slice(samples.length / 2 - rate * 0.1, samples.length / 2 + rate * 0.1);
  expect(pause.every((sample) => sample === 0)).toBe(true);
});

test('a sentence without words is skipped and the others are spoken', async () => {
  const one = secondsOf(await spoken({ text: 'Hello world.' }));
  expect(secondsOf(await spoken({ text: '... \n\n Hello world. \n\n !!!' }))).toBeCloseTo(one, 3);
});

test.each([
  [2, 0.5],
  [0.5, 2],
  [undefined, 1],
])('at a speed of %p a text lasts %p times as long', async (speed, factor) => {
  const own = secondsOf(await spoken());
  expect(secondsOf(await spoken({ speed }))).toBeCloseTo(own * factor, 1);
});

test('speakers are asked for by name or number, and the default is the first', async () => {
  const [ada, bob] = [await spoken({ voice: 'ada' }), await spoken({ voice: 'bob' })];
  expect(Buffer.compare(ada, bob)).not.toBe(0);
  expect(await spoken({ voice: '1' })).toEqual(bob);
  expect(await spoken()).toEqual(ada);
});

test('a voice with one unnamed speaker answers to default and 0', async () => {
  const { wav } = await spokenBy({}, { voice: '0' });
  expect(wav?.byteLength).toBeGreaterThan(10_000);
  const { thrown } = await spokenBy({}, { voice: 'alloy' });
  expect(thrown).toMatchObject({ code: 'task.voice-unknown', hint: 'Ask for `default`, 0.' });
});

test('progress counts sentences', async () => {
  const seen: (readonly number[])[] = [];
  const told = context((done, total) => void seen.push([done, total]));
  await model.run(aTask({ kind: 'audio_tts', text: 'One. Two? Three!' }), told);
  expect(seen).toEqual([
    [1, 3],
    [2, 3],
    [3, 3],
  ]);
});

test('a cancelled text ends with its reason, and the next is spoken', async () => {
  const abort = new AbortController();
  const reason = new Error('given up');
  const progress = (): void => abort.abort(reason);
  const text = 'The fox crosses the ice. '.repeat(100);
  const running = failureOf(
    model.run(aTask({ kind: 'audio_tts', text }), { signal: abort.signal, progress, emit: () => {} }),
  );
  expect(await running).toBe(reason);
  expect(secondsOf(await spoken())).toBeGreaterThan(0.3);
});

const REFUSED = [
  ['voice', { voice: 'alloy' }, 'task.voice-unknown', 'Ask for `default`, 0 to 1, or one of ada, bob.'],
  ['voice by number', { voice: '2' }, 'task.voice-unknown', '0 to 1'],
  ['language', { language: 'de' }, 'task.language-mismatch', 'without `language`'],
  ['language that is none', { language: 'in english' }, 'task.language-mismatch', 'without `language`'],
  ['speed', { speed: 9 }, 'task.speed-out-of-range', 'from 0.25 to 4'],
  ['speed of nothing', { speed: 0 }, 'task.speed-out-of-range', 'from 0.25 to 4'],
  ['text without words', { text: ' \n ' }, 'task.text-unspeakable', 'words in it'],
  ['text of marks', { text: '... !!! —' }, 'task.text-unspeakable', 'words in it'],
  ['long text', { text: 'word '.repeat(2_001) }, 'task.text-too-long', 'each part'],
  ['format', { ext: 'aiff' }, 'task.format-unsupported', 'wav, mp3'],
] as const;

test.each(REFUSED)('a %s that no voice can serve is refused by name', async (_what, about, code, hint) => {
  expect(await failureOf(spoken(about))).toMatchObject({
    code,
    retryable: false,
    hint: expect.stringContaining(hint),
  });
});

test.each(['en', 'en-GB', 'EN_us', ''])('a voice of English takes a task in %p', async (language) => {
  expect(secondsOf(await spoken({ language }))).toBeGreaterThan(0.3);
});

test.each([
  ['mp3', /^(ID3|\xff[\xe0-\xff])/],
  ['ogg', /^OggS.{25}vorbis/s],
  ['opus', /^OggS.{24}OpusHead/s],
  ['flac', /^fLaC/],
  ['m4a', /^.{4}ftyp/s],
])('speech is written as %s with ffmpeg and passes the audio check', async (ext, magic) => {
  const bytes = await spoken({ ext });
  expect(Buffer.from(bytes.subarray(0, 64)).toString('latin1')).toMatch(magic);
  expect(checkAudio(bytes, { mayBeSilent: false }).is).toBe('unchecked');
});

test('an extension in capitals is the same extension', async () => {
  expect(await spoken({ ext: 'WAV' })).toEqual(await spoken());
});

test('a format that needs a missing ffmpeg is rejected before anything is spoken', async () => {
  const { thrown, log } = await spokenBy({ ffmpeg: noFfmpeg('/nowhere') }, { ext: 'mp3' });
  expect(thrown).toMatchObject({
    code: 'task.format-unsupported',
    retryable: false,
    message: 'speech cannot be written as mp3 here: ffmpeg is not installed on this machine',
    hint: expect.stringMatching(/sudo apt install ffmpeg.*ext wav/s),
  });
  expect(log.names()).toEqual(['engine.started']);
});

test('phonemes the voice does not know are skipped and logged with a count', async () => {
  const config = voiceConfig();
  const table = new Map(Object.entries(Object(config['phoneme_id_map'])));
  table.delete('ə');
  const { log } = await spokenBy({ config: JSON.stringify({ ...config, phoneme_id_map: Object.fromEntries(table) }) });
  expect(log.events.find(({ event }) => event === 'phonemes.dropped')?.fields).toMatchObject({
    count: 1,
    which: 'ə',
    engine: 'piper',
    model: 'voice',
  });
});

test('numbers without a value fail the job, which may be tried again', async () => {
  const { thrown } = await spokenBy({ voice: { broken: true } });
  expect(thrown).toMatchObject({ code: 'engine.failed', retryable: true });
});

test.each([
  ['is listed under another role', 'elsewhere/voice.onnx.json', true],
  ['lies beside it', 'voice.onnx.json', false],
])('a config that %s is found by its name', async (_how, name, isListed) => {
  await using folder = await tempFolder();
  const [weights, config] = [folder.at('voice.onnx'), folder.at(name)];
  await Bun.write(weights, Bun.file(scene.files.paths.get('model') ?? ''));
  await Bun.write(config, Bun.file(scene.files.paths.get('config') ?? ''));
  const paths = new Map([['model', weights] as const, ...(isListed ? [['vae', config] as const] : [])]);
  await using loaded = await scene.engine.load({ ...scene.files, paths }, context().signal, USUAL);
  expect(await spoken({}, loaded)).toEqual(await spoken());
});

test.each(['model', 'config'] as const)('a model source without the role %s is refused by that name', async (role) => {
  const paths = new Map([...scene.files.paths].filter(([name]) => name !== role));
  expect(await failureOf(scene.engine.load({ ...scene.files, paths }, context().signal, USUAL))).toMatchObject({
    code: 'model.role-missing',
    retryable: false,
    message: `the piper engine needs a file with the role \`${role}\``,
  });
});

test.each([
  ['weights that are no voice at all', { weights: new TextEncoder().encode('<!doctype html>') }, 'model.unusable'],
  ['half a voice', { weights: voiceModel().subarray(0, 900) }, 'model.unusable'],
  [
    'one speaker where the config says two',
    { weights: voiceModel(), voice: { speakers: ['a', 'b'] } },
    'model.unusable',
  ],
  ['a config that is no text', { config: Uint8Array.of(0xff, 0xfe, 0x00) }, 'model.config-invalid'],
  ['a config that is a web page', { config: '<!doctype html>' }, 'model.config-invalid'],
] as const)('%s: refused when it is loaded, and nothing crashes', async (_what, files, code) => {
  const { thrown, log } = await spokenBy(files);
  expect(thrown).toMatchObject({ code, retryable: false });
  expect(log.names()).toEqual(['engine.started']);
});

test('another kind of task is refused by name', async () => {
  expect(await failureOf(model.run(aTask({ kind: 'llm', messages: [] }), context()))).toMatchObject({
    code: 'task.unsupported',
    message: 'piper engine only serves audio_tts tasks, got llm',
  });
});

test('a build without the runtime is not ready and says what to do', async () => {
  const host = { load: () => Promise.reject(new Error('nobody asked for a model')) };
  const engine = createPiperEngine({ host, ffmpeg: noFfmpeg('/nowhere'), hasRuntime: async () => false });
  expect(await engine.readiness()).toMatchObject({ ready: false, hint: expect.stringContaining('bun install') });
});
