import { serveEngine } from '../../engines/host/serve.ts';
import type { InnerEngines } from '../../engines/host/inner.ts';
import { systemClock } from '../../system/clock.ts';
import { usableCores } from '../../system/machine/cores.ts';
import { readEnvironment } from '../../system/environment.ts';
import { systemFiles } from '../../system/disk/files.ts';
import { createImages } from '../../system/native/sharp-images.ts';
import { useFastestKernels } from '../../system/native/ggml-kernels.ts';
import { createNativeCache } from '../../system/native/native-cache.ts';
import { createAskProgram } from '../../system/process/ask-program.ts';
import { connectParent, bindToParent } from '../../system/process/parent.ts';
import { payloads } from '../../system/native/payloads.ts';
import { childEnvironment, processVariables } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import { startedByHand } from './started-by-hand.ts';

const nativeCache = () => createNativeCache({ environment: readEnvironment(), payloads });

/** What engines of this process share. */
interface Shared {
  readonly native: ReturnType<typeof nativeCache>;
  readonly cores: number;
}

/** The engines that run in a child. Only what the worker asks for is loaded. */
function innerEngines(): InnerEngines {
  const shared = { native: nativeCache(), cores: usableCores() };
  return {
    onnx: () => removal(shared),
    'llama-cpp': () => chat(shared),
    piper: (warn) => speech(shared, warn),
    'whisper-cpp': () => transcription(shared),
  };
}

async function removal(shared: Shared) {
  const { openSession } = await import('../../engines/onnx/binding.ts');
  const { createInpainter } = await import('../../engines/onnx/inside.ts');
  return createInpainter({ images: createImages(shared), openSession: (path) => openSession(path, shared) });
}

async function chat({ native }: Shared) {
  const { openChatModel } = await import('../../engines/llama/binding.ts');
  const { openVisionModel } = await import('../../engines/llama/vision/binding.ts');
  const { createChatEngine } = await import('../../engines/llama/inside.ts');
  const images = createImages({ native });
  return createChatEngine({
    openChatModel: (path, options) => openChatModel(path, options, native),
    openVisionModel: (path, options) => openVisionModel(path, options, { native, images }),
    gpu: 'auto',
    clock: systemClock,
  });
}

async function speech(shared: Shared, warn: Parameters<NonNullable<InnerEngines['piper']>>[0]) {
  const { openSession } = await import('../../engines/onnx/binding.ts');
  const { findEspeakPrograms, openDictionary } = await import('../../engines/piper/binding.ts');
  const { openPhonemes } = await import('../../engines/piper/open-phonemes.ts');
  const { createSpeaker } = await import('../../engines/piper/inside.ts');
  const ask = createAskProgram(runProgram, systemClock);
  const phonemes = { ask, env: childEnvironment(processVariables()), findEspeakPrograms, openDictionary, warn };
  return createSpeaker({
    files: systemFiles,
    openSession: (path) => openSession(path, shared),
    openPhonemes: (voice, signal) => openPhonemes(voice, signal, phonemes),
    warn,
  });
}

async function transcription({ native }: Shared) {
  const { openSpeechFinder, openTranscriber } = await import('../../engines/whisper/binding.ts');
  const { createTranscriptionEngine } = await import('../../engines/whisper/inside.ts');
  return createTranscriptionEngine({
    openTranscriber: (path) => openTranscriber(path, { native, useFastestKernels }),
    openSpeechFinder: (path) => openSpeechFinder(path, { native, useFastestKernels }),
  });
}

/**
 * This program as an engine child: `__engine <nice>`. Serves the worker that started it and ends with it.
 *
 * @throws WorkerError `cli.usage` when somebody else started it
 */
export async function runEngineChild([nice = '0']: readonly string[]): Promise<number> {
  const parent = connectParent();
  if (parent === undefined) {
    throw startedByHand('__engine', 'Run `studio-worker run`; `studio-worker engines` lists what it can run.');
  }
  await bindToParent(Number(nice));
  await serveEngine(parent, innerEngines());
  return 0;
}

/** This program, started by llama.cpp's library to try a binary before it loads it. The library ends the process. */
export async function runBinaryProbe(): Promise<void> {
  const { tryBinaries } = await import('../../engines/llama/binding.ts');
  await tryBinaries(nativeCache());
}
