import { WorkerError } from '../../base/errors.ts';

/* What a task may ask for, as the worker and the engine's child both read it. */

/** Whether the language is to be detected. */
export const isDetection = (language: string): boolean => ['', 'auto'].includes(language.trim().toLowerCase());

/** For a task that asks for what the model has no file for. */
export const noSpeechFinder = (): WorkerError =>
  new WorkerError('model.role-missing', 'the task asks for vad, and the model has no file with the role `vad`', {
    hint: 'Add a Silero model (ggml-silero-v5.1.2.bin) with the role `vad`, or create the job without vad.',
  });
