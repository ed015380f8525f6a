import { toWorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import { notReady, READY, type Readiness } from '../readiness.ts';
import { encodeClip } from './clip.ts';
import { assertWrites, type ClipExt } from './formats.ts';
import { createFfmpegFinder, type FfmpegFinderOptions } from './find-ffmpeg.ts';
import type { ScratchOptions } from '../programs/scratch.ts';
import type { FfmpegTools } from './run-ffmpeg.ts';
import { decodeSound, encodeSound } from './sound.ts';

export interface DecodeSoundOptions {
  /** Samples a second of what comes out, whatever the file has. */
  readonly sampleRate: number;
  readonly signal: AbortSignal;
}

export interface EncodeSoundOptions {
  /** `mp3`, `ogg`, `opus`, `flac` or `m4a`. */
  readonly ext: string;
  readonly signal: AbortSignal;
}

export interface EncodeClipOptions {
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  /** How many there will be, for progress. */
  readonly frames: number;
  readonly ext: ClipExt;
  readonly signal: AbortSignal;
  readonly progress: (done: number, total: number) => void;
}

/**
 * Sound and film files by the ffmpeg of this machine. Every method throws `engine.unavailable` where there is none or
 * it lacks the encoder, `engine.failed` | `engine.stalled`, and the signal's reason within half a second of abort.
 */
export interface Ffmpeg {
  /** Whether there is one, and whether it can write files with this extension. Cheap: it is asked once what it can do. */
  readiness(ext?: string): Promise<Readiness>;
  /**
   * The first sound track of a file as one channel of samples from -1 to 1. The file may come from anywhere: it chooses
   * no other file, no address and no exotic format, and is limited in length.
   *
   * @throws WorkerError `task.audio-unreadable` | `task.audio-empty` | `task.audio-too-long`
   */
  decodeSound(bytes: Uint8Array, options: DecodeSoundOptions): Promise<Float32Array>;
  /** A WAV file in another format. @throws WorkerError `task.format-unsupported` for an extension that is not written */
  encodeSound(wav: Uint8Array, options: EncodeSoundOptions): Promise<Uint8Array>;
  /** A film of frames: three bytes a pixel, or four with transparency, which is dropped. They are asked for as needed. */
  encodeClip(frames: AsyncIterable<Uint8Array>, options: EncodeClipOptions): Promise<Uint8Array>;
}

export interface FfmpegOptions extends FfmpegFinderOptions, FfmpegTools, ScratchOptions {
  readonly files: FfmpegFinderOptions['files'] & ScratchOptions['files'];
  /** Limit for the decoded samples of one file: a small file can hold days of silence. 512 MiB unless set. */
  readonly maxSampleBytes?: number;
}

/** Two hours and twenty minutes at 16 kHz. */
const MAX_SAMPLE_BYTES = 512 * MIB;

export function createFfmpeg(options: FfmpegOptions): Ffmpeg {
  const find = createFfmpegFinder(options);
  const made = { scratch: options, tools: { ...options, childEnv: withoutReports(options.childEnv) } };
  const maxBytes = options.maxSampleBytes ?? MAX_SAMPLE_BYTES;
  return {
    readiness: async (ext) => {
      try {
        const program = await find();
        if (ext !== undefined) assertWrites(program, ext);
        return READY;
      } catch (thrown) {
        const { message, hint } = toWorkerError(thrown);
        return notReady({ because: message, hint: hint ?? '' });
      }
    },
    decodeSound: async (bytes, about) => await decodeSound(await find(), bytes, { ...made, ...about, maxBytes }),
    encodeSound: async (wav, about) => await encodeSound(await find(), wav, { ...made, ...about }),
    encodeClip: async (frames, about) => await encodeClip(await find(), frames, { ...made, ...about }),
  };
}

/** `FFREPORT` names a file that ffmpeg would write the command line to, and more. */
const withoutReports = (variables: ChildEnvironment): ChildEnvironment =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => name !== 'FFREPORT'));
