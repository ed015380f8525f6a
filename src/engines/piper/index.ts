import { WorkerError } from '../../base/errors.ts';
import type { Engine } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import { audioFormat } from '../ffmpeg/formats.ts';
import type { Ffmpeg } from '../ffmpeg/index.ts';
import type { EngineHost } from '../host/host.ts';
import { loadHosted } from '../host/loaded.ts';
import { runtimeReadiness } from '../onnx-runtime.ts';
import { assertSpeakable } from './checks.ts';
import { assertKind } from '../failures.ts';
import { modelFileOf } from '../model-file.ts';

export interface PiperEngineOptions {
  readonly host: EngineHost;
  /** For everything but WAV. */
  readonly ffmpeg: Pick<Ffmpeg, 'readiness' | 'encodeAudio'>;
  /** Whether this build brings the native runtime. */
  readonly hasRuntime: () => Promise<boolean>;
}

/** Speaks a text with a Piper voice. */
export function createPiperEngine({ host, ffmpeg, hasRuntime }: PiperEngineOptions): Engine {
  return {
    id: 'piper',
    models: { audio_tts: ['piper:*'] },
    memory: 'none', // it runs on the CPU
    canRunLean: false,
    readiness: async () => runtimeReadiness(await hasRuntime()),
    load: async (files, signal, { device }) => {
      signal.throwIfAborted();
      modelFileOf('piper', files.paths);
      return await loadHosted(host, { engine: 'piper', files, device }, signal, async (model, task, context) => {
        assertKind(task, 'audio_tts', 'piper');
        assertSpeakable(task);
        const ext = task.ext.trim().toLowerCase() || 'wav';
        await assertWritable(ext, ffmpeg);
        const spoken = await model.run(task, new Map(), context);
        return ext === 'wav' ? spoken : await encoded(spoken, { ext, ffmpeg, signal: context.signal });
      });
    },
  };
}

/**
 * Before a word is spoken: that the file cannot be written must not come out after ten minutes.
 *
 * @throws WorkerError `task.format-unsupported`
 */
async function assertWritable(ext: string, ffmpeg: Pick<Ffmpeg, 'readiness'>): Promise<void> {
  if (ext === 'wav') return;
  audioFormat(ext);
  const readiness = await ffmpeg.readiness(ext);
  if (readiness.ready) return;
  throw new WorkerError('task.format-unsupported', `speech cannot be written as ${ext} here: ${readiness.because}`, {
    hint: `${readiness.hint} Or create the job with ext wav.`,
  });
}

interface Encoding {
  readonly ext: string;
  readonly ffmpeg: Pick<Ffmpeg, 'encodeAudio'>;
  readonly signal: AbortSignal;
}

async function encoded(spoken: TaskResult, { ext, ffmpeg, signal }: Encoding): Promise<TaskResult> {
  if (spoken.is !== 'artifact') throw new WorkerError('internal', 'the piper engine returned no audio');
  return { is: 'artifact', bytes: await ffmpeg.encodeAudio(spoken.bytes, { ext, signal }), ext };
}
