import { WorkerError } from '../../../base/errors.ts';

/** How the library reports that a file is no model it can run, right before its process ends. */
const REASON = /error loading model: ([^|]+)/;

/**
 * What to make of a failed load: the library ends its process when it cannot load a model, and only what it printed
 * tells that the file is to blame.
 */
export function visionLoadError(thrown: unknown): unknown {
  if (!(thrown instanceof WorkerError) || thrown.code !== 'engine.crashed') return thrown;
  const [, reason] = REASON.exec(thrown.message) ?? [];
  if (reason === undefined) return thrown;
  return new WorkerError('model.unusable', `not a loadable GGUF file: ${reason.trim()}`, {
    cause: thrown,
    hint: 'Offer the model with a file that is a whole .gguf file of an architecture that llama.cpp runs.',
  });
}
