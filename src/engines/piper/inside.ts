import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Files } from '../../system/disk/files.ts';
import type { ModelFiles, RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { InnerEngine, Warn } from '../host/inner.ts';
import type { InputTensor, OnnxSession, Tensor } from '../onnx/binding.ts';
import { assertLanguage, speakerOf, unspeakable } from './checks.ts';
import { withoutMarkup } from './markup.ts';
import { idsOf, type Phonemize, phonemesOf } from './phonemes.ts';
import { sentencesOf } from './sentences.ts';
import { createSpeech } from './speech.ts';
import { invalidConfig, readVoice, type Voice } from './voice.ts';
import { assertKind, roleMissing } from '../failures.ts';
import { modelFileOf } from '../model-file.ts';

export interface SpeakerOptions {
  readonly files: Pick<Files, 'readNamedText'>;
  /** Loads a model file; see the binding. */
  readonly openSession: (path: string) => Promise<OnnxSession>;
  /** What gives phonemes by a voice of espeak. */
  readonly openPhonemes: (voice: string, signal: AbortSignal) => Promise<Phonemize>;
  readonly warn: Warn;
}

/** The largest there are have a few hundred speakers and stay below 30 kB. */
const MAX_CONFIG_BYTES = 1 << 20;

/** Speaks with Piper voices. Runs in an engine child. */
export function createSpeaker({ files, openSession, openPhonemes, warn }: SpeakerOptions): InnerEngine {
  return {
    load: async ({ paths }, { signal }) => {
      signal.throwIfAborted();
      const voice = await voiceOf(paths, files);
      const { phonemesBy } = voice;
      const phonemize = phonemesBy.is === 'text' ? noPhonemes : await openPhonemes(phonemesBy.voice, signal);
      const session = await openSession(modelFileOf('piper', paths));
      assertSpeaks(session, voice);
      return {
        ranOn: 'cpu',
        run: (task, _inputs, context) => {
          assertKind(task, 'audio_tts', 'piper');
          return speak(task, { voice, phonemize, session, warn, ...context });
        },
        [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
      };
    },
  };
}

const noPhonemes: Phonemize = (words) => Promise.resolve([words]);

/**
 * What the voice declares about itself. A source that knows no role `config` may list that file under any other role, by the
 * name that belongs to the first: `<model>.json`.
 *
 * @throws WorkerError `model.role-missing` | `model.config-invalid`
 */
async function voiceOf(paths: ModelFiles['paths'], files: SpeakerOptions['files']): Promise<Voice> {
  const beside = `${modelFileOf('piper', paths)}.json`;
  const path = paths.get('config') ?? [...paths.values()].find((other) => lastOf(other) === lastOf(beside)) ?? beside;
  const text = await files.readNamedText(path, MAX_CONFIG_BYTES).catch((thrown: unknown) => {
    // The operator named no file here: the studio did.
    if (thrown instanceof WorkerError && thrown.code === 'file.unusable') throw invalidConfig(thrown.message, thrown);
    throw thrown;
  });
  if (text === undefined) throw roleMissing('piper', 'config', CONFIG_HINT);
  return readVoice(text);
}

const lastOf = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;

const CONFIG_HINT = 'Offer the model with the .onnx.json file that comes with the voice as a file of role `config`.';

function assertSpeaks({ inputs, outputs }: OnnxSession, { speakerCount }: Voice): void {
  const needed = ['input', 'input_lengths', 'scales', ...(speakerCount > 1 ? ['sid'] : [])];
  const known = new Set([...needed, 'sid']);
  if (needed.every((name) => inputs.includes(name)) && inputs.every((name) => known.has(name)) && outputs[0]) return;
  throw new WorkerError('model.unusable', `the model takes ${inputs.join(', ')}; a voice takes ${needed.join(', ')}`, {
    hint: 'Offer a voice that was exported for Piper, together with its own config.',
  });
}

interface Speaker extends RunContext {
  readonly voice: Voice;
  readonly phonemize: Phonemize;
  readonly session: OnnxSession;
  readonly warn: Warn;
}

async function speak(task: TaskOf<'audio_tts'>, speaking: Speaker): Promise<TaskResult> {
  const { voice, phonemize, session, signal, progress, warn } = speaking;
  assertLanguage(task, voice);
  const speaker = speakerOf(task, voice);
  const sentences = sentencesOf(withoutMarkup(task.text), voice.language);
  const speech = createSpeech(voice.sampleRate);
  const dropped: string[] = [];
  let audible = false;
  for (const [index, sentence] of sentences.entries()) {
    signal.throwIfAborted();
    const found = idsOf(await phonemesOf(sentence, { voice, phonemize, signal }), voice);
    dropped.push(...found.dropped);
    if (found.audible) {
      const about = { ids: found.ids, speaker, speed: task.speed ?? 1 };
      speech.add(soundOf(await session.run(inputsOf(voice, about, session)), session));
      audible = true;
    }
    progress(index + 1, sentences.length);
  }
  signal.throwIfAborted();
  if (dropped.length > 0) warn('phonemes.dropped', { count: dropped.length, which: [...new Set(dropped)].join(' ') });
  if (!audible) throw unspeakable('the text has nothing that this voice can speak');
  return { is: 'artifact', bytes: speech.wav(), ext: 'wav' };
}

interface Utterance {
  readonly ids: readonly number[];
  readonly speaker: number;
  readonly speed: number;
}

/** The inputs of a Piper voice (rhasspy/piper `export_onnx`). */
function inputsOf(
  voice: Voice,
  { ids, speaker, speed }: Utterance,
  { inputs }: OnnxSession,
): Readonly<Record<string, InputTensor>> {
  const whole = (...values: number[]): BigInt64Array => BigInt64Array.from(values, BigInt);
  return {
    input: { data: whole(...ids), dims: [1, ids.length] },
    input_lengths: { data: whole(ids.length), dims: [1] },
    scales: { data: Float32Array.of(voice.noise, voice.length / speed, voice.lengthNoise), dims: [3] },
    ...(inputs.includes('sid') && { sid: { data: whole(speaker), dims: [1] } }),
  };
}

/** @throws WorkerError `model.unusable` when the model returned anything but one channel of audio */
function soundOf(outputs: Readonly<Record<string, Tensor>>, session: OnnxSession): Float32Array {
  const { data, dims } = outputs['output'] ??
    outputs[session.outputs[0] ?? ''] ?? { data: new Float32Array(), dims: [] };
  if (data.length > 0 && dims.at(-1) === data.length) return data;
  throw new WorkerError('model.unusable', `the model's output is ${dims.join(' x ')}, which is not audio`, {
    hint: 'Offer a voice that was exported for Piper.',
  });
}
