import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { joinBytes } from '../../../../src/base/bytes.ts';
import { readTranscript } from '../../../../src/contract/results.ts';
import { transcribingModel } from '../../../../src/demo/weights/transcriber.ts';
import type { LoadedModel } from '../../../../src/engines/engine.ts';
import { ByteReader } from '../../../../src/models/headers/bytes.ts';
import { ggmlTensorBytes, skipGgmlHead } from '../../../../src/models/headers/ggml.ts';
import { floatWav } from '../../../fakes/engines/float-wav.ts';
import { aTask } from '../../../fakes/builders.ts';
import { noFfmpeg } from '../../../fakes/engines/ffmpeg.ts';
import { speechModel } from '../../../fakes/engines/speech-model.ts';
import { SENTENCE, tone, whisperScene } from '../../../fakes/engines/whisper-engine.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { USUAL } from '../../../fakes/engines/loading.ts';
import { READY } from '../../../../src/engines/readiness.ts';

/** Each asks a real library in a child, on a busy machine. */
setDefaultTimeout(120_000);

const RATE = 16_000;
const inputUrl = 'https://example.invalid/a.wav';
const signal = new AbortController().signal;
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
/** What most tests speak about; the engine holds it while it is asked. */
const scene = stack.use(whisperScene({ vad: speechModel(), ffmpeg: noFfmpeg }));
const model = stack.use(await scene.engine.load(scene.files, signal, USUAL));
const GERMAN = 2;
const foreign = stack.use(whisperScene({ weights: transcribingModel({ language: GERMAN }) }));
const multilingual = stack.use(await foreign.engine.load(foreign.files, signal, USUAL));

const stt = (about: object = {}) => aTask({ kind: 'audio_stt', inputUrl, ...about });
const ask = (loaded: LoadedModel, about: object = {}) =>
  loaded.run(stt(about), { signal, progress: () => {}, emit: () => {} });

async function transcript(loaded: LoadedModel, about: object = {}) {
  const result = await ask(loaded, about);
  const read = readTranscript(result.is === 'json' ? result.value : undefined);
  if (read.is !== 'read') throw new Error(read.problem);
  return read.value;
}

/** Puts a sound where a task can name it. */
function heard(sound: Uint8Array): { readonly inputUrl: string } {
  const url = `https://example.invalid/${scene.web.size}`;
  scene.web.set(url, sound);
  return { inputUrl: url };
}

test('a transcript has the text, its language, its length and its segments', async () => {
  expect(await transcript(model)).toEqual({
    text: SENTENCE,
    language: 'en',
    duration: 1.5,
    segments: 1,
    segment_list: [{ start: 0, end: 1.5, text: SENTENCE }],
  });
  expect(model.ranOn).toBe('cpu');
});

test('weights in full precision are transcribed with like any others', async () => {
  using full = whisperScene({ weights: inFullPrecision(transcribingModel()) });
  await using loaded = await full.engine.load(full.files, signal, USUAL);
  expect(await transcript(loaded, { timestamps: 'word' })).toMatchObject({ text: SENTENCE });
});

/** The same weights with 32 bits for each number, as the converter of whisper.cpp writes them on demand. */
function inFullPrecision(weights: Uint8Array): Uint8Array {
  const reader = new ByteReader(weights);
  skipGgmlHead(reader);
  const head = weights.slice(0, reader.at);
  new DataView(head.buffer).setUint32(11 * 4, 0, true); // of the twelve numbers in front the last says how they are stored
  const parts = [head];
  while (reader.at < weights.byteLength) {
    const from = reader.at;
    const dataBytes = ggmlTensorBytes(reader) ?? 0;
    const description = weights.slice(from, reader.at);
    const data = reader.bytes(dataBytes).slice();
    const isHalf = new DataView(description.buffer).getUint32(8, true) === 1;
    if (isHalf) new DataView(description.buffer).setUint32(8, 0, true);
    parts.push(description, isHalf ? new Uint8Array(Float32Array.from(new Float16Array(data.buffer)).buffer) : data);
  }
  return joinBytes(parts);
}

test('words have their times, which rise and stay within the recording', async () => {
  const {
    text,
    words = [],
    segments,
    segment_list,
  } = await transcript(model, {
    timestamps: 'word',
    ...heard(floatWav(tone(4), RATE)),
  });
  expect(words.map((word) => word.text)).toEqual(SENTENCE.split(' '));
  expect(words.map(({ start }) => start)).toEqual(words.map(({ start }) => start).toSorted((a, b) => a - b));
  for (const { start, end } of words) expect(end).toBeGreaterThan(start);
  expect(words.at(-1)?.end).toBeLessThanOrEqual(4);
  expect({ text, segments, spoken: segment_list?.[0]?.text }).toEqual({
    text: SENTENCE,
    segments: 1,
    spoken: SENTENCE,
  });
});

test('segments are timed alike when they are asked for by name', async () => {
  const result = await transcript(model, { timestamps: 'segment' });
  expect(result.words).toBeUndefined();
  expect(result.segment_list).toEqual([{ start: 0, end: 1.5, text: SENTENCE }]);
});

test('a model of many languages finds out which one is spoken', async () => {
  expect(await transcript(multilingual)).toMatchObject({ text: SENTENCE, language: 'de' });
  expect(await transcript(multilingual, { language: 'auto' })).toMatchObject({ language: 'de' });
});

test.each(['auto', ''])('a model of one language names it when asked to detect, by "%s"', async (language) => {
  expect(await transcript(model, { language })).toMatchObject({ text: SENTENCE, language: 'en' });
});

test('a transcript names the language that was asked for', async () => {
  expect(await transcript(multilingual, { language: 'pt-BR' })).toMatchObject({ text: SENTENCE, language: 'pt-BR' });
  expect(await transcript(model, { language: 'en-GB' })).toMatchObject({ language: 'en-GB' });
});

test('a translation is made where it is asked for', async () => {
  expect(await transcript(multilingual, { translate: true, language: 'de' })).toMatchObject({ text: SENTENCE });
});

test('what was said before reaches the model', async () => {
  // The generated model counts places: what comes before moves it on in its sentence.
  const { text } = await transcript(model, { prompt: 'lazy dog' });
  expect(SENTENCE.endsWith(text)).toBe(true);
  expect(text).not.toBe(SENTENCE);
});

test('speech is found in silence, and its times are those of the recording', async () => {
  const recording = new Float32Array(6 * RATE);
  recording.set(tone(1.5), 4 * RATE);
  const { segment_list, duration } = await transcript(model, { vad: true, ...heard(floatWav(recording, RATE)) });
  expect(duration).toBe(6);
  const [said] = segment_list ?? [];
  expect(said?.text).toBe(SENTENCE);
  expect(said?.start).toBeWithin(3.7, 4.1);
  expect(said?.end).toBeWithin(5.3, 5.8);
});

test('a recording in which nobody speaks has an empty transcript', async () => {
  const result = await transcript(model, { vad: true, ...heard(floatWav(tone(2, { loud: 0.002 }), RATE)) });
  expect(result).toEqual({ text: '', language: 'en', duration: 2, segments: 0, segment_list: [] });
});

test('progress is reported in percent up to its end', async () => {
  const told: number[] = [];
  await model.run(stt({ vad: true }), {
    signal,
    progress: (done, total) => void (expect(total).toBe(100), told.push(done)),
    emit: () => {},
  });
  expect(told).toEqual([10, 100]);
});

test('a recording of five minutes reports progress all the way', async () => {
  const told: number[] = [];
  const seconds = 300;
  const url = heard(floatWav(tone(seconds), RATE)).inputUrl;
  const result = await model.run(stt({ inputUrl: url }), {
    signal,
    progress: (done) => void told.push(done),
    emit: () => {},
  });
  expect(told.length).toBeGreaterThan(5);
  expect(told).toEqual([...new Set(told)].toSorted((one, other) => one - other));
  expect(told.at(-1)).toBe(100);
  expect(result).toMatchObject({ value: { duration: seconds } });
});

const silence = floatWav(new Float32Array(RATE), RATE);
const page = new TextEncoder().encode('<!doctype html><title>Sign in</title>');
test.each([
  ['task.audio-unreadable', 'a web page', { at: page }],
  ['task.audio-unreadable', 'no bytes', { at: new Uint8Array() }],
  ['task.audio-empty', 'a WAV without a sample', { at: floatWav(new Float32Array(), RATE) }],
  ['task.audio-silent', 'silence', { at: silence }],
  ['task.format-unsupported', 'an MP3 where ffmpeg is missing', { at: new TextEncoder().encode('ID3\u0004') }],
  ['task.input-missing', 'no URL', { inputUrl: '' }],
  ['task.invalid', 'times of a third kind', { timestamps: 'sentence' }],
  ['task.language-unsupported', 'a language that nobody knows', { language: 'tlh' }],
  ['task.language-unsupported', 'a language that the model does not know', { language: 'de' }],
])(
  '%s is the answer to %s, with a remedy and no second try',
  async (
    code,
    _what,
    {
      at,
      ...about
    }: {
      readonly at?: Uint8Array;
      readonly inputUrl?: string;
      readonly timestamps?: string;
      readonly language?: string;
    },
  ) => {
    const error = await failureOf(ask(model, { ...(at !== undefined && heard(at)), ...about }));
    expect(error).toMatchObject({ code, retryable: false, hint: expect.stringMatching(/\.$/) });
  },
);

test('where ffmpeg is missing the refusal of another format says how to install it', async () => {
  expect(await failureOf(ask(model, heard(new TextEncoder().encode('OggS\0'))))).toMatchObject({
    message: 'the audio is not a PCM WAV, and ffmpeg is not installed on this machine',
    hint: expect.stringContaining('sudo apt install ffmpeg'),
  });
});

test('vad without a model for it is refused before anything is fetched', async () => {
  expect(await failureOf(ask(multilingual, { vad: true, inputUrl: 'https://example.invalid/gone' }))).toMatchObject({
    code: 'model.role-missing',
    message: 'the task asks for vad, and the model has no file with the role `vad`',
  });
});

test('after a job was given up the same model serves the next', async () => {
  const controller = new AbortController();
  const reason = new Error('given up');
  const running = model.run(stt(), { signal: controller.signal, progress: () => {}, emit: () => {} });
  controller.abort(reason);
  expect(await failureOf(running)).toBe(reason);
  expect(await transcript(model)).toMatchObject({ text: SENTENCE });
});

const recogniser = transcribingModel();
const gguf = Uint8Array.from(recogniser);
gguf.set(new TextEncoder().encode('GGUF'));
test.each([
  ['model.header-invalid', 'of another format', gguf],
  ['model.unusable', 'cut between its words', recogniser.subarray(0, 500_000)],
  ['model.unusable', 'cut between its tensors', recogniser.subarray(0, 3_000_000)],
])('%s is the answer to weights %s, and not a crash', async (code, _what, weights) => {
  using broken = whisperScene({ weights });
  const error = await failureOf(broken.engine.load(broken.files, signal, USUAL));
  expect(error).toMatchObject({ code, retryable: false, hint: expect.stringContaining('whisper.cpp') });
  expect(broken.log.events.filter(({ event }) => event === 'engine.crashed')).toEqual([]);
});

test('a killed child costs one job, and the next run loads again', async () => {
  using other = whisperScene();
  await using loaded = await other.engine.load(other.files, signal, USUAL);
  const pid = loaded.process?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await loaded.process?.ended;
  expect(await transcript(loaded)).toMatchObject({ text: SENTENCE });
  expect(loaded.process?.pid).not.toBe(pid);
});

test('models that the operator put there are named by their files', async () => {
  using other = whisperScene();
  expect(other.engine.models).toEqual({ audio_stt: ['whisper-cpp:*'] });
  await Bun.write(`${other.folder}/models/stt/ggml-tiny.en.bin`, recogniser);
  await Bun.write(`${other.folder}/models/stt/notes.txt`, '');
  await Bun.write(`${other.folder}/models/stt/ggml-silero-v5.1.2.bin`, speechModel());
  expect(await other.engine.readiness()).toEqual(READY);
  expect(other.engine.models).toEqual({ audio_stt: ['ggml-tiny.en', 'whisper-cpp:*'] });
  await rm(`${other.folder}/models`, { recursive: true });
});
