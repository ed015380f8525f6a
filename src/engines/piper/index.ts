import type { Engine, Readiness } from '../engine.ts';
import type { EngineHost } from '../host/host.ts';
import { assertSpeakable } from './asked.ts';
import { filesOfVoice, wrongKind } from './inside.ts';

export interface PiperEngineOptions {
  readonly host: EngineHost;
  /** Whether this build brings the native runtime. */
  readonly hasRuntime: () => boolean;
}

/** Speaks a text with a Piper voice. */
export function createPiperEngine({ host, hasRuntime }: PiperEngineOptions): Engine {
  return {
    id: 'piper',
    models: { audio_tts: ['piper:*'] },
    memory: 'none', // it runs on the processor
    readiness: () => Promise.resolve(readinessOf(hasRuntime())),
    load: async (files, signal) => {
      signal.throwIfAborted();
      filesOfVoice(files.paths);
      const model = await host.load({ engine: 'piper', files }, signal);
      return {
        get process() {
          return model.process;
        },
        get ranOn() {
          return model.ranOn;
        },
        run: async (task, context) => {
          if (task.kind !== 'audio_tts') throw wrongKind(task.kind);
          assertSpeakable(task);
          return await model.run(task, new Map(), context);
        },
        [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
      };
    },
  };
}

const readinessOf = (hasRuntime: boolean): Readiness =>
  hasRuntime
    ? { ready: true }
    : {
        ready: false,
        because: 'ONNX Runtime has no files for this system in this build',
        hint: 'Run `bun install` in a checkout; releases carry it for every system but Macs with an Intel processor.',
      };
