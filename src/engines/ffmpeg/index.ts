import { toWorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { notReady, READY, type Readiness } from '../readiness.ts';
import type { EncodeVideoOptions } from './video.ts';
import { assertWrites } from './formats.ts';
import { createFfmpegFinder, type FfmpegFinderOptions } from './find-ffmpeg.ts';
import type { ScratchOptions } from '../programs/scratch.ts';
import type { FfmpegSetup, FfmpegTools } from './run-ffmpeg.ts';
import type { DecodeAudioOptions, EncodeAudioOptions } from './audio.ts';

/**
 * Audio and video files by the ffmpeg of this machine. Every method throws `engine.unavailable` where there is none or
 * it lacks the encoder, `engine.failed` | `engine.stalled`, and the signal's reason within half a second of abort.
 */
export interface Ffmpeg {
  /** Whether there is one that can write files with this extension. Cheap: it is asked once which encoders it has. */
  readiness(ext?: string): Promise<Readiness>;
  /**
   * The first audio track of a file as a WAV of 16-bit samples, in one channel or two. The file may come from anywhere: it
   * chooses no other file, no address and no exotic format, and is limited in length.
   *
   * @throws WorkerError `task.audio-unreadable` | `task.audio-empty` | `task.audio-too-long`
   */
  decodeAudio(bytes: Uint8Array, options: DecodeAudioOptions): Promise<Uint8Array>;
  /** A WAV file in another format. @throws WorkerError `task.format-unsupported` for an extension that is not written */
  encodeAudio(wav: Uint8Array, options: EncodeAudioOptions): Promise<Uint8Array>;
  /** A video of frames: three bytes a pixel, or four with transparency, which is dropped. They are asked for as needed. */
  encodeVideo(frames: AsyncIterable<Uint8Array>, options: EncodeVideoOptions): Promise<Uint8Array>;
}

export interface FfmpegOptions extends FfmpegFinderOptions, FfmpegTools, ScratchOptions {
  readonly files: FfmpegFinderOptions['files'] & ScratchOptions['files'];
  /** Limit for the decoded samples of one file: a small file can hold days of silence. 512 MiB unless set. */
  readonly maxSampleBytes?: number;
}

/** Two hours and twenty minutes of two channels at 16 kHz. */
const MAX_SAMPLE_BYTES = 512 * MIB;

/**
 * The ffmpeg of this machine. Nothing is searched for before the first call. Its files are in folders of their own, which
 * are removed with each call; what a killed worker leaves is removed by `sweepScratch`.
 */
export function createFfmpeg(options: FfmpegOptions): Ffmpeg {
  const find = createFfmpegFinder(options);
  const means: FfmpegSetup = { scratch: options, tools: options };
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
    // What runs it is loaded with the first file: a start would wait for it.
    async decodeAudio(bytes, about) {
      const { decodeAudio } = await import('./audio.ts');
      return await decodeAudio(await find(), bytes, { ...means, ...about, maxBytes });
    },
    async encodeAudio(wav, about) {
      const { encodeAudio } = await import('./audio.ts');
      return await encodeAudio(await find(), wav, { ...means, ...about });
    },
    async encodeVideo(frames, about) {
      const { encodeVideo } = await import('./video.ts');
      return await encodeVideo(await find(), frames, { ...means, ...about });
    },
  };
}
