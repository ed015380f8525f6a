import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toModelId } from '../../../src/base/ids.ts';
import type { Engine, ModelFiles } from '../../../src/engines/engine.ts';
import { createOnnxEngine } from '../../../src/engines/onnx/index.ts';
import { createImages } from '../../../src/system/native/sharp-images.ts';
import { synthetic } from '../builders.ts';
import { type InpaintingModel, inpaintingModel } from '../../../src/demo/weights/inpainting.ts';
import { realHost } from './real-host.ts';
import { recordingLogger, type RecordingLogger } from '../recording-logger.ts';
import { type Quarantine } from '../../../src/engines/host/quarantine.ts';
import { fetchFrom } from './web.ts';

export const images = createImages({ native: { unpack: () => Promise.resolve(undefined) } });

/** Colour or brightness of each pixel. */
export type Paint = (x: number, y: number) => readonly [number, number, number] | number;

/** A picture file. A paint that gives numbers makes a grey one. */
export async function paint(width: number, height: number, colour: Paint, format: 'png' | 'jpeg' = 'png') {
  const pixels: number[] = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) pixels.push(...[colour(x, y)].flat());
  const channels = typeof colour(0, 0) === 'number' ? 1 : 3;
  return images.encode({ pixels: Uint8Array.from(pixels), width, height, channels, format, quality: 95 });
}

export interface OnnxScene extends Disposable {
  readonly engine: Engine;
  readonly files: ModelFiles;
  readonly log: RecordingLogger;
  /** What the URLs of a task lead to. */
  readonly web: Map<string, Uint8Array>;
}

/** The real engine in a real child, on generated weights and pictures that need no network. */
export function onnxScene(
  options: {
    readonly model?: InpaintingModel;
    readonly weights?: Uint8Array;
    readonly command?: readonly string[];
    readonly quarantine?: Quarantine;
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): OnnxScene {
  const folder = mkdtempSync(join(tmpdir(), 'studio-worker-onnx-'));
  const path = join(folder, 'lama.onnx');
  writeFileSync(path, options.weights ?? inpaintingModel(options.model));
  const log = recordingLogger();
  const web = new Map<string, Uint8Array>();
  const host = realHost(options, log);
  const engine = createOnnxEngine({
    host,
    hasRuntime: async () => true,
    fetchInput: fetchFrom(web),
  });
  return {
    engine,
    files: { model: toModelId('lama'), paths: new Map([['model', path]]), loras: [], defaults: synthetic.cliDefaults },
    log,
    web,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
