import { WorkerError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import { rising } from '../progress.ts';
import type { InnerEngine, Inputs } from '../host/inner.ts';
import { languageOf, languagesOf } from '../media/languages.ts';
import type { SpeechFinder, Transcriber, Transcription } from './port.ts';
import { SAMPLE_RATE, samplesOf, toPcm } from './recording.ts';
import { condense, type SpeechSpan } from './speech.ts';
import { repairText, type Segment, segmentsOf, wordsOf } from './words.ts';
import { assertKind } from '../failures.ts';
import { modelFileOf } from '../model-file.ts';
import { isDetection, noSpeechFinder } from './asked.ts';

export interface TranscriptionEngineOptions {
  /** Load model files; see the binding. */
  readonly openTranscriber: (path: string) => Promise<Transcriber>;
  readonly openSpeechFinder: (path: string) => Promise<SpeechFinder>;
}

/** Transcribes the speech of a WAV. Runs in an engine child. */
export function createTranscriptionEngine(options: TranscriptionEngineOptions): InnerEngine {
  return {
    load: async ({ paths }, { signal }) => {
      signal.throwIfAborted();
      const path = modelFileOf('whisper-cpp', paths);
      await using opened = new AsyncDisposableStack();
      const transcriber = opened.use(await options.openTranscriber(path));
      const vad = paths.get('vad');
      const finder = vad === undefined ? undefined : opened.use(await options.openSpeechFinder(vad));
      const held = opened.move();
      return {
        ranOn: transcriber.ranOn,
        run: async (task, inputs, context) => {
          assertKind(task, 'audio_stt', 'whisper-cpp');
          return await transcribe(task, inputs, { transcriber, finder, ...context });
        },
        [Symbol.asyncDispose]: () => held.disposeAsync(),
      };
    },
  };
}

interface Tools extends RunContext {
  readonly transcriber: Transcriber;
  readonly finder: SpeechFinder | undefined;
}

async function transcribe(task: TaskOf<'audio_stt'>, inputs: Inputs, tools: Tools): Promise<TaskResult> {
  const { transcriber, signal } = tools;
  const progress = rising(tools.progress);
  const language = chosenLanguage(task.language, transcriber.tokens);
  const recording = samplesOf(inputs.get('inputUrl') ?? new Uint8Array());
  const duration = recording.length / SAMPLE_RATE;
  signal.throwIfAborted();
  const { samples, when } = await spoken(task, recording, { ...tools, progress });
  const pieces = task.timestamps === 'word';
  const translate = task.translate ?? false;
  const options = { language, translate, prompt: task.prompt, pieces, signal, progress };
  const transcription =
    samples.length === 0
      ? { text: '', language: language ?? 'en', segments: [] } // nobody speaks
      : await transcriber.transcribe(toPcm(samples), options);
  progress(100, 100);
  const timed = listsOf(transcription, pieces, (span) => within(when(span), duration));
  const value: JsonObject = {
    text: transcription.text.trim(),
    language: task.language === undefined || isDetection(task.language) ? transcription.language : task.language,
    duration,
    segments: timed.segment_list.length,
    ...timed,
  };
  return { is: 'json', value };
}

/** The language the library is given: undefined has it detected. @throws WorkerError `task.language-unsupported` */
function chosenLanguage(asked: string | undefined, tokens: number): string | undefined {
  const known = languagesOf(tokens);
  if (asked === undefined || isDetection(asked)) return known.length === 1 ? known[0] : undefined;
  const language = languageOf(asked);
  if (language !== undefined && known.includes(language)) return language;
  throw new WorkerError('task.language-unsupported', `the model does not know the language ${JSON.stringify(asked)}`, {
    hint:
      known.length === 1
        ? 'Offer a model for more languages than English: its name does not end in `.en`.'
        : 'Name the language by its code, such as `en`, `de` or `zh`, or omit it to detect the language.',
  });
}

/** How much of the whole work is detecting speech, in percent. */
const DETECTION_PERCENT = 10;
/** Speech is detected in parts of this length, so that there is progress to report. */
const PART_SAMPLES = 60 * SAMPLE_RATE;

async function spoken(task: TaskOf<'audio_stt'>, recording: Float32Array, { finder, signal, progress }: Tools) {
  if (task.vad !== true) return { samples: recording, when: (span: SpeechSpan) => span };
  if (finder === undefined) throw noSpeechFinder();
  const speech: SpeechSpan[] = [];
  for (let at = 0; at < recording.length; at += PART_SAMPLES) {
    const found = await finder.find(toPcm(recording.subarray(at, at + PART_SAMPLES)));
    signal.throwIfAborted();
    const before = at / SAMPLE_RATE;
    speech.push(...found.map(({ start, end }) => ({ start: start + before, end: end + before })));
    progress(DETECTION_PERCENT * Math.min(1, (at + PART_SAMPLES) / recording.length), 100);
  }
  return condense(recording, speech, SAMPLE_RATE);
}

function listsOf({ text, segments }: Transcription, pieces: boolean, when: (span: SpeechSpan) => SpeechSpan) {
  const placed = segments.map((one) => ({ ...one, ...when(one) }));
  if (!pieces) return { segment_list: shown(placed) };
  const words = wordsOf(repairText(placed, text));
  return { segment_list: shown(segmentsOf(words)), words: shown(words) };
}

const shown = (segments: readonly Segment[]): JsonObject[] =>
  segments.map(({ text, start, end }) => ({ start, end, text: text.trim() })).filter(({ text }) => text !== '');

/** The model is given silence behind a short recording, and may place the end of the last word there. */
function within({ start, end }: SpeechSpan, duration: number): SpeechSpan {
  const from = Math.min(start, duration);
  return { start: from, end: Math.min(duration, Math.max(from, end)) };
}
