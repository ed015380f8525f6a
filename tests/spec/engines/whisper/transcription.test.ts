import { afterAll, expect, setDefaultTimeout, test } from 'bun:test';
import { readTranscript } from '../../../../src/contract/results.ts';
import type { LoadedModel } from '../../../../src/engines/engine.ts';
import { aTask } from '../../../fakes/builders.ts';
import { SENTENCE, whisperScene } from '../../../fakes/whisper-engine.ts';

/** Each loads a real library in a child, on a busy machine. */
setDefaultTimeout(60_000);

const inputUrl = 'https://example.invalid/a.wav';
const signal = new AbortController().signal;
const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());
/** Most facts need no model of their own: the engine holds one while it is asked. */
const english = stack.use(whisperScene());
const model = stack.use(await english.engine.load(english.files, signal));

const stt = (about: object = {}) => aTask({ kind: 'audio_stt', inputUrl, ...about });

async function transcript(loaded: LoadedModel, about: object = {}, progress = (_done: number) => {}) {
  const result = await loaded.run(stt(about), { signal, progress });
  const read = readTranscript(result.is === 'json' ? result.value : undefined);
  if (read.is !== 'read') throw new Error(read.problem);
  return read.value;
}

test('a transcript has the text, its language, its length and its segments', async () => {
  const result = await transcript(model);
  expect(result).toEqual({
    text: SENTENCE,
    language: 'en',
    duration: 1.5,
    segments: 1,
    segment_list: [{ start: 0, end: 1.5, text: SENTENCE }],
  });
  expect(model.ranOn).toBe('cpu');
});
