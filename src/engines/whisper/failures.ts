import { WorkerError } from '../../base/errors.ts';
import { saysNoMemory, unlessNoMemory } from '../no-memory.ts';

/** Why a model could not be loaded, by what whisper.cpp said. */
export const loadFailure = (path: string, said: string, cause?: unknown): WorkerError =>
  unlessNoMemory(
    said,
    new WorkerError('model.unusable', `the file is no model that Whisper can load: ${said}`, {
      cause,
      hint: 'Offer the model with a file of whisper.cpp’s own format, such as ggml-base.bin.',
      fields: { path },
    }),
  );

/** Why a recording could not be written down, by what whisper.cpp said. */
export const runFailure = (said: string, cause: unknown): WorkerError =>
  unlessNoMemory(said, new WorkerError('engine.failed', `the recording could not be transcribed: ${said}`, { cause }));

/** The line of its log that says why, where there is one: it goes on for a while after it ran out of memory. */
export const reasonIn = (lines: readonly string[]): string | undefined =>
  lines.find(saysNoMemory) ?? lines.findLast((line) => line !== '' && !line.endsWith('failed to load model'));
