import { WorkerError } from '../../base/errors.ts';
import { saysNoMemory, whereShort } from '../no-memory.ts';

/** Why a model could not be loaded, by what the library said. */
export const loadFailure = (said: string, cause: unknown): WorkerError =>
  saysNoMemory(said)
    ? outOfMemory(said, cause)
    : new WorkerError('model.unusable', `the file is no GGUF that can be loaded: ${said}`, {
        cause,
        hint: 'Offer the model with a file that is a whole .gguf file of an architecture that llama.cpp runs.',
      });

/** Why a model could not be run, by what the library said. */
export const runFailure = (said: string, cause: unknown): WorkerError =>
  saysNoMemory(said)
    ? outOfMemory(said, cause)
    : new WorkerError('engine.failed', `the model could not be run: ${said}`, { cause });

export const outOfMemory = (said: string, cause: unknown): WorkerError =>
  new WorkerError('engine.out-of-memory', `there is not enough memory for the model: ${said}`, {
    cause,
    fields: whereShort(said),
    hint: 'Offer a smaller model or a smaller contextSize, or free memory on this machine.',
  });
