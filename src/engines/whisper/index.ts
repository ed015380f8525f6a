import { WorkerError } from '../../base/errors.ts';
import { MINUTE_MS } from '../../base/units.ts';
import { ENGINES } from '../../contract/model-source.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Engine } from '../engine.ts';
import type { Ffmpeg } from '../ffmpeg/index.ts';
import type { EngineHost } from '../host/host.ts';
import { loadHosted } from '../host/loaded.ts';
import type { FetchInput } from '../media/inputs.ts';
import { notReady, READY, type Readiness } from '../readiness.ts';
import { isDetection, noSpeechFinder } from './asked.ts';
import { languageOf } from '../media/languages.ts';
import { createLocalRecognisers, type LocalRecognisersOptions } from './local.ts';
import { assertKind } from '../failures.ts';
import { modelFileOf } from '../model-file.ts';

export interface WhisperEngineOptions {
  readonly host: EngineHost;
  readonly fetchInput: FetchInput;
  /** Reads what is not a WAV. */
  readonly ffmpeg: Pick<Ffmpeg, 'readiness' | 'decodeAudio'>;
  /** Whether this build brings the native library. */
  readonly hasLibrary: () => Promise<boolean>;
  readonly files: LocalRecognisersOptions['files'];
  readonly isRecogniser: LocalRecognisersOptions['isRecogniser'];
  /** Where models are kept; the operator's own are in its folder `stt`. */
  readonly modelsRoot: string;
}

const ANY = 'whisper-cpp:*';
/** The library reports progress once for each half minute of audio, and a large model on a slow CPU takes long. */
const STALL_MS = 30 * MINUTE_MS;

/** Transcripts by Whisper models, through whisper.cpp. */
export function createWhisperEngine(options: WhisperEngineOptions): Engine {
  const { host, hasLibrary, files, modelsRoot, isRecogniser } = options;
  const recognisers = createLocalRecognisers({
    files,
    folder: `${modelsRoot}/${ENGINES['whisper-cpp'].folder.name}`,
    isRecogniser,
  });
  let local: readonly string[] = [];
  return {
    id: 'whisper-cpp',
    get models() {
      return { audio_stt: [...local, ANY] };
    },
    memory: 'none', // it runs on the CPU, or in the memory that a Mac has for both
    canRunLean: false,
    readiness: async () => {
      local = await recognisers();
      return readinessOf(await hasLibrary());
    },
    load: async (modelFiles, signal, { device }) => {
      signal.throwIfAborted();
      modelFileOf('whisper-cpp', modelFiles.paths);
      const request = { engine: 'whisper-cpp', files: modelFiles, device, stallMs: STALL_MS } as const;
      return await loadHosted(host, request, signal, async (model, task, context) => {
        assertKind(task, 'audio_stt', 'whisper-cpp');
        if (task.vad === true && !modelFiles.paths.has('vad')) throw noSpeechFinder();
        assertSupported(task);
        const wav = await fetchWav(task, options, context.signal);
        return await model.run(task, new Map([['inputUrl', wav]]), context);
      });
    },
  };
}

const readinessOf = (hasLibrary: boolean): Readiness =>
  hasLibrary
    ? READY
    : notReady({
        because: 'whisper.cpp has no files for this system in this build',
        hint: 'Run `bun install` in a checkout, or use a release.',
      });

/** What can be checked without a model is rejected before anything is fetched. */
function assertSupported({ inputUrl, timestamps, language }: TaskOf<'audio_stt'>): void {
  if (inputUrl === '') {
    throw new WorkerError('task.input-missing', 'the whisper engine needs inputUrl, the audio to transcribe', {
      hint: 'Create the job with inputUrl.',
    });
  }
  if (timestamps !== undefined && timestamps !== 'segment' && timestamps !== 'word') {
    throw new WorkerError(
      'task.invalid',
      `timestamps must be \`segment\` or \`word\`, not ${JSON.stringify(timestamps)}`,
      {
        hint: 'Create the job with one of these, or without timestamps.',
      },
    );
  }
  if (language !== undefined && !isDetection(language) && languageOf(language) === undefined) {
    throw new WorkerError('task.language-unsupported', `unsupported language ${JSON.stringify(language)}`, {
      hint: 'Name the language by its code, such as `en`, `de` or `zh`, or omit it to detect the language.',
    });
  }
}

/** The recording as the child reads it. */
async function fetchWav(
  { inputUrl }: TaskOf<'audio_stt'>,
  { fetchInput, ffmpeg }: WhisperEngineOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = await fetchInput('audio', inputUrl, signal);
  const { SAMPLE_RATE, readerFor, unreadable } = await import('./recording.ts');
  const reader = readerFor(bytes);
  if (reader === 'none') throw unreadable(bytes.byteLength === 0 ? 'the file is empty' : 'it is not an audio file');
  if (reader === 'own') return bytes;
  const ready = await ffmpeg.readiness();
  if (!ready.ready) {
    throw new WorkerError('task.format-unsupported', `the audio is not a PCM WAV, and ${ready.because}`, {
      hint: ready.hint,
    });
  }
  return await ffmpeg.decodeAudio(bytes, { sampleRate: SAMPLE_RATE, signal });
}
