import type { TaskKindId } from '../../contract/tasks/index.ts';
import type { Engine } from '../engine.ts';
import { READY } from '../readiness.ts';
import type { runTask, SyntheticEngineOptions } from './run.ts';

const MODELS = {
  image: ['synthetic', 'synthetic-image'],
  llm: ['synthetic', 'synthetic-llm'],
  audio_stt: ['synthetic', 'synthetic-stt'],
  audio_tts: ['synthetic', 'synthetic-tts'],
  video: ['synthetic', 'synthetic-video'],
  mesh: ['synthetic', 'synthetic-mesh'],
} as const satisfies Readonly<Record<TaskKindId, readonly string[]>>;

/**
 * Serves every task kind from a digest of the prompt, or of an image's colour: no model, no GPU, and the same result
 * each time.
 * It proves the way from an offer to its delivery; it is never a substitute for another engine.
 */
export function createSyntheticEngine(options: SyntheticEngineOptions): Engine {
  let opening: Promise<{ readonly runTask: typeof runTask }> | undefined;
  return {
    id: 'synthetic',
    models: MODELS,
    memory: 'none',
    canRunLean: false,
    readiness: () => Promise.resolve(READY),
    load: async (_model, signal) => {
      const code = await (opening ??= import('./run.ts')); // what draws, speaks and films, with the first job
      signal.throwIfAborted();
      return {
        run: (task, context) => code.runTask(task, options, context),
        process: undefined, // nothing is held
        ranOn: undefined,
        where: undefined,
        [Symbol.asyncDispose]: () => Promise.resolve(),
      };
    },
  };
}
