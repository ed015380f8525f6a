import { WorkerError } from '../../base/errors.ts';
import { unlessNoMemory } from '../no-memory.ts';

/** Why a model could not be loaded, by what ONNX Runtime said. */
export const loadFailure = (said: string, cause: unknown): WorkerError =>
  unlessNoMemory(
    said,
    new WorkerError('model.unusable', `the file is no ONNX model that can be loaded: ${said}`, {
      cause,
      hint: 'Offer the model with a file of role `model` that is a whole .onnx file.',
    }),
  );

/** Why a model could not be run, by what ONNX Runtime said. */
export const runFailure = (said: string, cause: unknown): WorkerError =>
  unlessNoMemory(said, new WorkerError('engine.failed', `the model could not be run: ${said}`, { cause }));
