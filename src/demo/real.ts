import type { EngineName, FileRole, ModelFile } from '../contract/model-source.ts';
import type { TaskKindId } from '../contract/tasks/index.ts';
import type { Content, LoopbackFiles } from '../system/net/loopback-files.ts';
import { DEMO_SOURCE, type DemoJob } from './jobs.ts';

/** One file of a model, ready to be served. */
export interface RealFile {
  readonly role: FileRole;
  readonly filename: string;
  readonly content: Content;
  readonly sizeBytes: number;
  /** Lower-case hex; left out for a file that the operator gave, which may be large. */
  readonly sha256?: string;
}

/** The four models of the demonstration, by what they do. */
export type RealModels = Readonly<Record<RealRole, readonly RealFile[]>>;
export type RealRole = 'llm' | 'removal' | 'tts' | 'stt';

export interface RealInputs {
  readonly image: Uint8Array;
  readonly mask: Content;
  /** Speech to write down; what the speech job said when left out. */
  readonly recording: Content | undefined;
  /** Where the speech job's artifact will be. */
  readonly spoken: string;
}

/** Width and height of the image that something is removed from, in pixels. */
export const IMAGE_SIZE = { width: 512, height: 384 } as const;
const BALL = { x: 170, y: 210, radius: 30 } as const;
/** Said by one engine and written down by another. */
export const SPOKEN_TEXT = 'The fox crosses the ice and the sky turns green.';

const distance = (x: number, y: number): number => Math.hypot(x - BALL.x, y - BALL.y);

/** Hills below an evening sky, three bytes a pixel, and a red ball that does not belong there. */
export function imagePixels(): Uint8Array {
  const pixels = new Uint8ClampedArray(IMAGE_SIZE.width * IMAGE_SIZE.height * 3);
  for (let y = 0; y < IMAGE_SIZE.height; y++) {
    for (let x = 0; x < IMAGE_SIZE.width; x++) {
      const hill = 240 + 30 * Math.sin(x / 60) + 12 * Math.sin(x / 17);
      const ground = [40 + x / 12, 90 - y / 10, 60] as const;
      const sky = [30 + y / 2, 60 + y / 3, 140 + x / 10] as const;
      const shade = 1 - distance(x + 14, y + 14) / (4 * BALL.radius);
      const ball = [90 + 165 * shade, 60 * shade, 60 * shade] as const;
      pixels.set(distance(x, y) < BALL.radius ? ball : y > hill ? ground : sky, (y * IMAGE_SIZE.width + x) * 3);
    }
  }
  return new Uint8Array(pixels.buffer);
}

/** White where the ball is and a little around it, one byte a pixel. */
export const maskPixels = (): Uint8Array =>
  Uint8Array.from({ length: IMAGE_SIZE.width * IMAGE_SIZE.height }, (_, at) =>
    distance(at % IMAGE_SIZE.width, Math.floor(at / IMAGE_SIZE.width)) < BALL.radius + 8 ? 255 : 0,
  );

/** Serves models and inputs, and says what to do with them. */
export function realJobs(models: RealModels, inputs: RealInputs, files: LoopbackFiles): readonly DemoJob[] {
  const served = (name: string, content: Content): string => {
    files.put(name, content);
    return files.url(name);
  };
  const job = (role: RealRole, about: Pick<DemoJob, 'kind' | 'task'> & { engine: EngineName }): DemoJob => ({
    kind: about.kind,
    model: `demo-${role}`,
    task: about.task,
    registered: true,
    source: {
      ...DEMO_SOURCE,
      engine: about.engine,
      files: models[role].map((file) => offered(file, served(`${role}/${file.filename}`, file.content))),
    },
  });
  const messages = [{ role: 'user', content: 'Name three things a fox does at dusk.' }];
  const [initImageUrl, maskUrl] = [served('picture.png', inputs.image), served('mask.png', inputs.mask)];
  const removal = { prompt: 'remove the red ball', initImageUrl, maskUrl, ...IMAGE_SIZE, ext: 'webp' };
  const inputUrl = served('recording.wav', inputs.recording ?? inputs.spoken);
  const after: { readonly after?: TaskKindId } = inputs.recording === undefined ? { after: 'audio_tts' } : {};
  return [
    job('llm', { kind: 'llm', engine: 'llama-cpp', task: { kind: 'llm', messages, maxTokens: 64 } }),
    {
      ...job('removal', { kind: 'image', engine: 'onnx', task: { kind: 'image', ...removal } }),
      before: inputs.image,
    },
    job('tts', { kind: 'audio_tts', engine: 'piper', task: { kind: 'audio_tts', text: SPOKEN_TEXT, ext: 'wav' } }),
    { ...job('stt', { kind: 'audio_stt', engine: 'whisper-cpp', task: { kind: 'audio_stt', inputUrl } }), ...after },
  ];
}

const offered = ({ role, filename, sizeBytes, sha256 }: RealFile, url: string): ModelFile => ({
  role,
  url,
  filename,
  approxBytes: BigInt(sizeBytes),
  sha256,
});
