import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toModelId } from '../../../src/base/ids.ts';
import { type VoiceConfig, voiceConfig, type VoiceModel, voiceModel } from '../../../src/demo/weights/voice.ts';
import type { Engine, ModelFiles } from '../../../src/engines/engine.ts';
import type { Ffmpeg } from '../../../src/engines/ffmpeg/index.ts';
import { createPiperEngine } from '../../../src/engines/piper/index.ts';
import { synthetic } from '../builders.ts';
import { anFfmpeg } from './ffmpeg.ts';
import { realHost } from './real-host.ts';
import { recordingLogger, type RecordingLogger } from '../recording-logger.ts';
import { type Quarantine } from '../../../src/engines/host/quarantine.ts';

export interface PiperScene extends Disposable {
  readonly engine: Engine;
  readonly files: ModelFiles;
  readonly log: RecordingLogger;
}

export interface PiperSceneOptions {
  readonly voice?: VoiceModel & VoiceConfig;
  /** In place of the voice's own files. */
  readonly weights?: Uint8Array;
  readonly config?: string | Uint8Array;
  /** The machine's own when left out. */
  readonly ffmpeg?: Pick<Ffmpeg, 'readiness' | 'encodeAudio'>;
  readonly command?: readonly string[];
  readonly quarantine?: Quarantine;
  readonly env?: Readonly<Record<string, string>>;
}

/** A sound as a list of samples from -1 to 1, by the header of a WAV with one channel of 16 bits. */
export function samplesOf(wav: Uint8Array): { readonly rate: number; readonly samples: readonly number[] } {
  const view = new DataView(wav.buffer, wav.byteOffset, wav.byteLength);
  const samples = Array.from(
    { length: (wav.byteLength - 44) / 2 },
    (_, at) => view.getInt16(44 + 2 * at, true) / 0x8000,
  );
  return { rate: view.getUint32(24, true), samples };
}

/** The real engine in a real child, on a generated voice. */
export function piperScene(options: PiperSceneOptions = {}): PiperScene {
  const folder = mkdtempSync(join(tmpdir(), 'studio-worker-piper-'));
  const [model, config] = [join(folder, 'voice.onnx'), join(folder, 'config.json')];
  writeFileSync(model, options.weights ?? voiceModel(options.voice));
  writeFileSync(config, options.config ?? JSON.stringify(voiceConfig(options.voice)));
  const log = recordingLogger();
  const host = realHost(options, log);
  const paths = new Map([
    ['model', model],
    ['config', config],
  ] as const);
  return {
    engine: createPiperEngine({ host, hasRuntime: async () => true, ffmpeg: options.ffmpeg ?? anFfmpeg(folder) }),
    files: { model: toModelId('voice'), paths, loras: [], defaults: synthetic.cliDefaults },
    log,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
