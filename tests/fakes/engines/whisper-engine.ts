import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toModelId } from '../../../src/base/ids.ts';
import type { FileRole } from '../../../src/contract/model-source.ts';
import { transcribingModel } from '../../../src/demo/weights/transcriber.ts';
import type { Engine, ModelFiles } from '../../../src/engines/engine.ts';
import type { Ffmpeg } from '../../../src/engines/ffmpeg/index.ts';
import { createWhisperEngine } from '../../../src/engines/whisper/index.ts';
import { floatWav } from './float-wav.ts';
import { isGgmlRecogniser } from '../../../src/models/headers/ggml.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { synthetic } from '../builders.ts';
import { anFfmpeg } from './ffmpeg.ts';
import { realHost } from './real-host.ts';
import { recordingLogger, type RecordingLogger } from '../recording-logger.ts';
import { type Quarantine } from '../../../src/engines/host/quarantine.ts';
import { fetchFrom } from './web.ts';

/** What the generated model says, whatever it hears. */
export const SENTENCE = 'the quick brown fox jumps over the lazy dog';

/** A tone, which is a recording like any other to the generated model. */
export function tone(seconds: number, { rate = 16_000, hertz = 440, loud = 0.5 } = {}): Float32Array {
  return Float32Array.from({ length: seconds * rate }, (_, at) => loud * Math.sin((2 * Math.PI * hertz * at) / rate));
}

export interface WhisperScene extends Disposable {
  readonly engine: Engine;
  readonly files: ModelFiles;
  readonly folder: string;
  readonly log: RecordingLogger;
  /** What the URLs of a task lead to. */
  readonly web: Map<string, Uint8Array>;
}

export interface WhisperSceneOptions {
  readonly weights?: Uint8Array;
  /** A model that tells speech from the rest. */
  readonly vad?: Uint8Array;
  readonly ffmpeg?: (folder: string) => Ffmpeg;
  readonly command?: readonly string[];
  readonly quarantine?: Quarantine;
  readonly env?: Readonly<Record<string, string>>;
}

/** The real engine in a real child, on generated weights and sounds that need no network. */
export function whisperScene(options: WhisperSceneOptions = {}): WhisperScene {
  const folder = mkdtempSync(join(tmpdir(), 'studio-worker-whisper-'));
  const paths = new Map<FileRole, string>();
  const put = (role: FileRole, bytes: Uint8Array): void => {
    const path = join(folder, `${role}.bin`);
    writeFileSync(path, bytes);
    paths.set(role, path);
  };
  put('model', options.weights ?? transcribingModel());
  if (options.vad !== undefined) put('vad', options.vad);
  const log = recordingLogger();
  const web = new Map([['https://example.invalid/a.wav', floatWav(tone(1.5), 16_000)]]);
  const host = realHost(options, log);
  const engine = createWhisperEngine({
    host,
    hasLibrary: async () => true,
    ffmpeg: (options.ffmpeg ?? anFfmpeg)(folder),
    files: systemFiles,
    isRecogniser: isGgmlRecogniser,
    modelsRoot: join(folder, 'models'),
    fetchInput: fetchFrom(web),
  });
  return {
    engine,
    files: { model: toModelId('base'), paths, loras: [], defaults: synthetic.cliDefaults },
    folder,
    log,
    web,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
