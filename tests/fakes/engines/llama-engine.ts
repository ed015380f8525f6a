import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toModelId } from '../../../src/base/ids.ts';
import { hasPromptFormatAt } from '../../../src/compose/engines/prompt-format-on-disk.ts';
import { type FileRole, VISION_PROJECTOR } from '../../../src/contract/model-source.ts';
import { type ChatCompletion, readChatCompletion } from '../../../src/contract/results.ts';
import { type TinyChatModel, chatModel } from '../../../src/demo/weights/chat.ts';
import type { Engine, ModelFiles } from '../../../src/engines/engine.ts';
import type { TaskResult } from '../../../src/engines/result.ts';
import type { EngineHost } from '../../../src/engines/host/host.ts';
import type { Devices } from '../../../src/engines/llama/devices.ts';
import { createLlamaEngine } from '../../../src/engines/llama/index.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { createImages } from '../../../src/system/native/sharp-images.ts';
import { synthetic } from '../builders.ts';
import { realHost } from './real-host.ts';
import { recordingLogger, type RecordingLogger } from '../recording-logger.ts';
import { type Quarantine } from '../../../src/engines/host/quarantine.ts';

/** Where no release has binaries for a GPU. */
const processorOnly: Devices = {
  where: () => Promise.resolve(undefined),
  prepare: () => Promise.resolve(undefined),
};

/** Images travel in their URLs here. */
const noWeb = () => Promise.reject(new Error('nothing is fetched'));
const inCheckout = { unpack: () => Promise.resolve(undefined) };

export interface LlamaScene extends Disposable {
  readonly engine: Engine;
  /** What the engine loads with. */
  readonly host: EngineHost;
  readonly files: ModelFiles;
  readonly log: RecordingLogger;
  /** Where the model files are. */
  readonly folder: string;
}

/** The real engine in a real child, on generated weights. */
export function llamaScene(
  options: {
    readonly model?: TinyChatModel;
    readonly weights?: Uint8Array;
    readonly filename?: string;
    readonly hasRuntime?: boolean;
    readonly defaults?: Partial<ModelFiles['defaults']>;
    readonly command?: readonly string[];
    readonly quarantine?: Quarantine;
    readonly devices?: Devices;
    readonly env?: Readonly<Record<string, string>>;
    /** The file that makes the model see. */
    readonly projector?: Uint8Array;
    readonly hasVision?: boolean;
  } = {},
): LlamaScene {
  const folder = mkdtempSync(join(tmpdir(), 'studio-worker-llama-'));
  const path = join(folder, options.filename ?? 'tiny.gguf');
  writeFileSync(path, options.weights ?? chatModel(options.model));
  const projector = join(folder, 'tiny-mmproj.gguf');
  if (options.projector !== undefined) writeFileSync(projector, options.projector);
  const log = recordingLogger();
  const host = realHost(options, log);
  return {
    engine: createLlamaEngine({
      host,
      hasRuntime: async () => options.hasRuntime ?? true,
      devices: options.devices ?? processorOnly,
      vision: {
        hasRuntime: async () => options.hasVision ?? true,
        devices: processorOnly,
        chatImages: { fetchImage: noWeb, images: createImages({ native: inCheckout }), clock: systemClock },
      },
      files: systemFiles,
      hasPromptFormat: hasPromptFormatAt,
      modelsRoot: folder,
    }),
    host,
    files: {
      model: toModelId('tiny'),
      paths: new Map<FileRole, string>([
        ['model', path],
        ...(options.projector === undefined ? [] : [[VISION_PROJECTOR, projector] as const]),
      ]),
      loras: [],
      defaults: { ...synthetic.cliDefaults, ...options.defaults },
    },
    log,
    folder,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A result as the chat completion that it has to be, with its only choice at hand. */
export function completionOf(result: TaskResult): ChatCompletion & { readonly said: string; readonly finish: string } {
  const read = readChatCompletion(result.is === 'json' ? result.value : undefined);
  if (read.is === 'unreadable') throw new Error(read.problem);
  const [choice] = read.value.choices;
  return { ...read.value, said: choice?.message.content ?? '', finish: choice?.finish_reason ?? '' };
}
