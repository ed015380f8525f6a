import { WorkerError } from '../../base/errors.ts';
import { GIB } from '../../base/units.ts';
import { type FfmpegProgram, lacks } from './find-ffmpeg.ts';

/** How a format is written: the encoder it takes, by ffmpeg's name, and the options for it. */
export interface OutputFormat {
  readonly encoder: string;
  readonly options: readonly string[];
}

/** Larger than anything that is made here; it keeps a mistake from filling the disk. */
export const MAX_RESULT_BYTES = GIB;
/** The index at the front, so that players begin before they have the whole file. */
const FAST_START = ['-movflags', '+faststart'];

/** Speech and music at a quality where the difference is inaudible in a game. */
const AUDIO: ReadonlyMap<string, OutputFormat> = new Map([
  ['mp3', { encoder: 'libmp3lame', options: ['-q:a', '2', '-f', 'mp3'] }],
  ['ogg', { encoder: 'libvorbis', options: ['-q:a', '5', '-f', 'ogg'] }],
  ['opus', { encoder: 'libopus', options: ['-b:a', '64k', '-f', 'opus'] }],
  ['flac', { encoder: 'flac', options: ['-f', 'flac'] }],
  ['m4a', { encoder: 'aac', options: ['-b:a', '96k', ...FAST_START, '-f', 'ipod'] }],
]);

/** The extensions that a video is written with. */
export type VideoExt = 'mp4' | 'webm' | 'gif';

/** Frames are RGB and videos are not: players take an untagged small video for BT.601 and shift its colours. */
const AS_BT709 = 'scale=out_color_matrix=bt709:out_range=tv';
const BT709 = ['-colorspace', 'bt709', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-color_range', 'tv'];
const PLAYS_EVERYWHERE = ['-pix_fmt', 'yuv420p', ...BT709];
const X264 = ['-preset', 'veryfast', '-crf', '18', ...PLAYS_EVERYWHERE, ...FAST_START, '-f', 'mp4'];
/** Constant quality needs a bit rate of 0 (libvpx). */
const VP9 = ['-crf', '30', '-b:v', '0', '-deadline', 'good', '-cpu-used', '5', '-row-mt', '1'];
/** A palette for each frame: one for all frames would hold all of them in memory. */
const OWN_PALETTES = 'split[a][b];[a]palettegen=stats_mode=single[p];[b][p]paletteuse=new=1';

interface Side {
  readonly width: number;
  readonly height: number;
}

const VIDEOS: Readonly<Record<VideoExt, (size: Side) => OutputFormat>> = {
  mp4: (size) => ({ encoder: 'libx264', options: ['-vf', withEvenSides(size), ...X264] }),
  webm: () => ({ encoder: 'libvpx-vp9', options: ['-vf', AS_BT709, ...VP9, ...PLAYS_EVERYWHERE, '-f', 'webm'] }),
  gif: () => ({ encoder: 'gif', options: ['-vf', OWN_PALETTES, '-loop', '0', '-f', 'gif'] }),
};

/** H.264 halves its colour planes, so it has even sides only: an odd one gets its last row or column twice. */
function withEvenSides({ width, height }: Side): string {
  const right = width % 2;
  const bottom = height % 2;
  if (right + bottom === 0) return AS_BT709;
  const pad = `pad=${width + right}:${height + bottom}`;
  return `${pad},fillborders=right=${right}:bottom=${bottom}:mode=smear,${AS_BT709}`;
}

/** How a video of this size is written. */
export const videoFormat = (ext: VideoExt, size: Side): OutputFormat => VIDEOS[ext](size);

/** @throws WorkerError `task.format-unsupported` for an extension that no audio is written with */
export function audioFormat(ext: string): OutputFormat {
  const format = AUDIO.get(ext);
  if (format === undefined) throw unsupported(ext, [...AUDIO.keys()]);
  return format;
}

/** @throws WorkerError `engine.unavailable` when this ffmpeg lacks the encoder | `task.format-unsupported` */
export function assertWrites(program: FfmpegProgram, ext: string): void {
  const isClip = (name: string): name is VideoExt => Object.hasOwn(VIDEOS, name);
  const { encoder } = isClip(ext) ? VIDEOS[ext]({ width: 2, height: 2 }) : audioFormat(ext);
  if (!program.encoders.has(encoder)) throw lacks(program, encoder, ext);
}

/** A path as ffmpeg takes it: whatever is in it, it chooses no protocol. */
export const fileUrl = (path: string): string => `file:${path}`;

/** No trace of the input's tags, nor of ffmpeg's version: the same input gives the same file. */
export const PLAIN = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags', '+bitexact'];

/** The arguments that write the first audio or video stream. */
export function outputArguments(
  { encoder, options }: OutputFormat,
  stream: 'a' | 'v',
  output: string,
): readonly string[] {
  const limit = ['-fs', String(MAX_RESULT_BYTES)];
  return ['-map', `0:${stream}:0`, ...PLAIN, `-c:${stream}`, encoder, ...options, ...limit, output];
}

const unsupported = (ext: string, known: readonly string[]): WorkerError =>
  new WorkerError('task.format-unsupported', `audio cannot be written as ${JSON.stringify(ext)}`, {
    hint: `Create the job with one of these extensions: wav, ${known.join(', ')}.`,
  });
