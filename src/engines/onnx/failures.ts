import { WorkerError } from '../../base/errors.ts';
import { unlessNoMemory } from '../no-memory.ts';

/** Where this worker keeps its models is nobody's business who only reads of a failed job. */
const PLACE = /Load model from .+ failed: ?/;

/** Why a model could not be loaded, by what ONNX Runtime said. */
export const loadFailure = (said: string, cause: unknown): WorkerError =>
  unlessNoMemory(
    said,
    new WorkerError('model.unusable', `the file is no ONNX model that can be loaded: ${said.replace(PLACE, '')}`, {
      cause,
      hint: 'Offer the model with a file of role `model` that is a whole .onnx file.',
    }),
  );

/** Why a model could not be run, by what ONNX Runtime said. */
export const runFailure = (said: string, cause: unknown): WorkerError =>
  unlessNoMemory(said, new WorkerError('engine.failed', `the model could not be run: ${said}`, { cause }));
