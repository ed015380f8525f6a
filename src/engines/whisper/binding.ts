import type * as whisper from '@fugood/whisper.node';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { libraryFailure, loadFailure, runFailure } from '../failures.ts';
import { isOutOfMemory } from '../out-of-memory.ts';
import type { UseFastestKernels } from '../../system/native/ggml-kernels.ts';
import type { NativeCache } from '../../system/native/native-cache.ts';
import type { SpeechFinder, Transcriber } from './port.ts';

type Runtime = typeof whisper;

/** More threads wait for each other longer than they compute. */
const MAX_THREADS = 8;
const MAGIC = 0x67676d6c;
const PERCENT = 100;
/** The library has times in milliseconds for text, and in hundredths of a second for speech. */
const PER_SECOND = { text: 1000, speech: 100 };

export interface WhisperLibraries {
  readonly native: Pick<NativeCache, 'unpack'>;
  readonly useFastestKernels: UseFastestKernels;
}

/** @throws WorkerError `native.unavailable` | `model.header-invalid` | `model.unusable` */
export async function openTranscriber(path: string, libraries: WhisperLibraries): Promise<Transcriber> {
  const runtime = await loadRuntime(libraries);
  const tokens = await tokensOf(path);
  const { made: context, lines } = await logging(runtime, path, () =>
    runtime.initWhisper({ filePath: path, useGpu: true }),
  );
  return {
    tokens,
    // It names a backend here only when that is a GPU, and the binaries we bring know Metal only.
    ranOn: lines.some((line) => /_gpu: using .* backend/.test(line)) ? 'metal' : 'cpu',
    transcribe: (samples, request) => transcribe(context, samples, request),
    [Symbol.asyncDispose]: () => context.release(),
  };
}

/** What is said in the samples. Rejects with the signal's reason on abort. @throws WorkerError `engine.failed` */
const transcribe = async (
  context: Pick<whisper.WhisperContext, 'transcribeData'>,
  samples: Parameters<Transcriber['transcribe']>[0],
  { language, translate, prompt, pieces, signal, progress }: Parameters<Transcriber['transcribe']>[1],
): ReturnType<Transcriber['transcribe']> => {
  signal.throwIfAborted();
  const { stop, promise } = context.transcribeData(samples.buffer, {
    language: language ?? 'auto',
    translate,
    ...(prompt !== undefined && { prompt }),
    // A segment of at most one character is a token.
    ...(pieces && { tokenTimestamps: true, maxLen: 1 }),
    bestOf: 1, // studio contract
    maxThreads: threads(),
    onProgress: (percent) => {
      progress(Math.min(PERCENT, percent), PERCENT);
      letItWait();
    },
  });
  const cancel = (): void => void stop();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const { result, language: detected, segments } = await promise;
    const parts = segments.map(({ text, t0, t1 }) => ({
      text,
      start: t0 / PER_SECOND.text,
      end: t1 / PER_SECOND.text,
    }));
    return { text: result, language: detected ?? language ?? 'en', segments: parts };
  } catch (thrown) {
    signal.throwIfAborted();
    throw runFailure({ text: errorChain(thrown), cause: thrown });
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

/** @throws WorkerError `native.unavailable` | `model.unusable` */
export async function openSpeechFinder(path: string, libraries: WhisperLibraries): Promise<SpeechFinder> {
  const runtime = await loadRuntime(libraries);
  const { made: context } = await logging(
    runtime,
    path,
    () => runtime.initWhisperVad({ filePath: path, useGpu: false, nThreads: 1 }), // it is small
  );
  return {
    find: async (samples) => {
      const spans = await context.detectSpeechData(samples.buffer).catch((thrown: unknown) => {
        throw runFailure({ text: errorChain(thrown), cause: thrown });
      });
      return spans.map(({ t0, t1 }) => ({ start: t0 / PER_SECOND.speech, end: t1 / PER_SECOND.speech }));
    },
    [Symbol.asyncDispose]: () => context.release(),
  };
}

/** Two logical processors often share a core, and threads that outnumber the cores spin for each other. */
const threads = (): number => Math.min(MAX_THREADS, Math.max(1, Math.floor(availableParallelism() / 2)));

/**
 * After its last progress, whose number is not always the same, the library waits until that was received. Receiving it in the
 * very moment before it begins to wait would leave it waiting for ever: the addon wakes it without holding its lock.
 */
const letItWait = (): void => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);

const GGML = {
  format: 'whisper.cpp',
  hint: 'Offer the model with a file of whisper.cpp’s own format, such as ggml-base.bin.',
};
/** The line of its log that says why, where there is one: it goes on for a while after it ran out of memory. */
export const reasonIn = (lines: readonly string[]): string | undefined =>
  lines.find(isOutOfMemory) ?? lines.findLast((line) => line !== '' && !line.endsWith('failed to load model'));

/** Collects what the library logs while it loads a file, for the message when it cannot. */
async function logging<Made extends { release(): Promise<void> }>(
  runtime: Runtime,
  path: string,
  make: () => Promise<Made>,
) {
  const lines: string[] = [];
  const listener = runtime.addNativeLogListener((_level, text) => lines.push(text.trim()));
  await runtime.toggleNativeLog(true);
  try {
    const made = await make();
    await nextTurn(); // its lines come by way of the event loop
    const empty = lines.find((line) => line.includes('no tensors loaded'));
    if (empty === undefined) return { made, lines };
    await made.release(); // it lets an empty model be, for its own tests
    throw loadFailure({ text: empty, fields: { path } }, GGML);
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    await nextTurn();
    throw loadFailure({ text: reasonIn(lines) ?? errorChain(thrown), cause: thrown, fields: { path } }, GGML);
  } finally {
    await runtime.toggleNativeLog(false);
    listener.remove();
  }
}

/** The first numbers of a model file: what it is and how many tokens it has (whisper.cpp, `whisper_model_load`). */
async function tokensOf(path: string): Promise<number> {
  const start = new DataView(await Bun.file(path).slice(0, 8).arrayBuffer());
  if (start.byteLength === 8 && start.getUint32(0, true) === MAGIC) return start.getUint32(4, true);
  throw new WorkerError('model.header-invalid', 'the file does not begin as a model of whisper.cpp does', {
    hint: 'Offer the model with a file of whisper.cpp’s own format, such as ggml-base.bin; GGUF and safetensors are others.',
    fields: { path },
  });
}

async function loadRuntime({ native, useFastestKernels }: WhisperLibraries): Promise<Runtime> {
  const folder = await native.unpack('whisper');
  try {
    const runtime = await import('@fugood/whisper.node');
    await runtime.loadWhisperModule();
    kernels ??= fastKernels(folder, native, useFastestKernels);
    await kernels;
    return runtime;
  } catch (thrown) {
    throw libraryFailure('whisper.cpp', thrown, folder);
  }
}

let kernels: Promise<boolean> | undefined;

/**
 * The kernels that come with llama.cpp: the same ggml, built for each generation of CPUs. Without them the library is right,
 * and ten times slower.
 */
async function fastKernels(
  folder: string | undefined,
  native: Pick<NativeCache, 'unpack'>,
  useFastestKernels: UseFastestKernels,
): Promise<boolean> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false;
  const llama = await native.unpack('llama').catch(() => undefined); // a checkout packs none: it has them as packages
  const addon = folder === undefined ? addonOfCheckout() : join(folder, ADDON);
  const packages = join(addon, '..', '..', '..');
  const built = llama === undefined ? join(packages, '@node-llama-cpp', 'linux-x64', 'bins') : join(llama, 'bins');
  return await useFastestKernels(addon, join(built, 'linux-x64'));
}

const ADDON = 'index.node';

function addonOfCheckout(): string {
  const entry = Bun.fileURLToPath(import.meta.resolve('@fugood/whisper.node'));
  return join(entry, '..', '..', '..', `node-whisper-${process.platform}-${process.arch}`, ADDON);
}

/** Whether a checkout has the library for this system. Nothing is loaded. */
export function whisperInstalled(): boolean {
  try {
    return existsSync(addonOfCheckout());
  } catch {
    return false; // the package is not there at all
  }
}
