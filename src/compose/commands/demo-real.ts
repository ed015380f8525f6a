import { WorkerError } from '../../base/errors.ts';
import type { GivenWeights } from '../../cli/world/demo.ts';
import type { FileRole } from '../../contract/model-source.ts';
import type { DemoJob } from '../../demo/jobs.ts';
import {
  maskPixels,
  IMAGE_SIZE,
  imagePixels,
  type RealFile,
  realJobs,
  type RealModels,
  SPOKEN_TEXT,
} from '../../demo/real.ts';
import { chatModel } from '../../demo/weights/chat.ts';
import { inpaintingModel } from '../../demo/weights/inpainting.ts';
import { transcribingModel } from '../../demo/weights/transcriber.ts';
import { voiceConfig, voiceModel } from '../../demo/weights/voice.ts';
import { serveLoopback } from '../../system/net/loopback-files.ts';
import type { Effects } from '../effects.ts';

/** What the demonstration runs, and the server of its models and inputs; its creator closes it. */
export interface RealLayout {
  readonly jobs: readonly DemoJob[];
  /** Stops serving. */
  close(): Promise<void>;
}

interface Place {
  readonly effects: Effects;
  /** Where the speech job's artifact will be. */
  readonly spoken: string;
}

/**
 * Makes weights and inputs, but for what is given, and serves them on this machine, so that the jobs fetch them as they
 * would from anywhere.
 *
 * @throws WorkerError `file.unusable` for a given path with nothing to read
 */
export async function layOutReal(given: GivenWeights, { effects, spoken }: Place): Promise<RealLayout> {
  const { images } = effects;
  const models: RealModels = {
    llm: await givenOr(given.llm, { filename: 'tiny-chat.gguf', make: chatModel }, effects),
    removal: await givenOr(given.removal, { filename: 'tiny-lama.onnx', make: inpaintingModel }, effects),
    tts: await voice(given.tts, effects),
    stt: await givenOr(given.stt, { filename: 'tiny-whisper.bin', make: transcriber }, effects),
  };
  if (given.recording !== undefined) await sizeOf(given.recording, effects);
  const inputs = {
    image: await images.encode({ ...IMAGE_SIZE, pixels: imagePixels(), channels: 3, format: 'png' }),
    mask: await images.encode({ ...IMAGE_SIZE, pixels: maskPixels(), channels: 1, format: 'png' }),
    recording: given.recording,
    spoken,
  };
  const served = serveLoopback();
  return { jobs: realJobs(models, inputs, served), close: () => served.close() };
}

const transcriber = (): Uint8Array => transcribingModel({ text: SPOKEN_TEXT });

/** The model that is given, or a generated one. */
async function givenOr(
  path: string | undefined,
  { filename, make }: { readonly filename: string; readonly make: () => Uint8Array },
  effects: Effects,
): Promise<readonly RealFile[]> {
  return [path === undefined ? made('model', filename, make(), effects) : await found('model', path, effects)];
}

/** A voice is two files: what it is and how it speaks. */
async function voice(path: string | undefined, effects: Effects): Promise<readonly RealFile[]> {
  if (path !== undefined) return [await found('model', path, effects), await found('config', `${path}.json`, effects)];
  const config = new TextEncoder().encode(JSON.stringify(voiceConfig()));
  return [
    made('model', 'tiny-voice.onnx', voiceModel(), effects),
    made('config', 'tiny-voice.onnx.json', config, effects),
  ];
}

const made = (role: FileRole, filename: string, content: Uint8Array, { sha256 }: Effects): RealFile => ({
  role,
  filename,
  content,
  sizeBytes: content.byteLength,
  sha256: sha256(content).toHex(),
});

/** A file of the operator's, without a digest: it is served as it is now. @throws WorkerError `file.unusable` */
async function found(role: FileRole, path: string, effects: Effects): Promise<RealFile> {
  const sizeBytes = await sizeOf(path, effects);
  return { role, filename: path.replace(/^.*[/\\]/, ''), content: path, sizeBytes };
}

/** In bytes. @throws WorkerError `file.unusable` for a folder, and where there is nothing */
async function sizeOf(path: string, { files }: Effects): Promise<number> {
  const facts = await files.stat(path);
  if (facts !== undefined && !facts.isFolder) return facts.sizeBytes;
  throw new WorkerError('file.unusable', `${path} does not exist`, {
    hint: 'Name an existing file, or leave the flag out to use generated weights.',
  });
}
