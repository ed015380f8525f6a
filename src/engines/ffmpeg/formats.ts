import { WorkerError } from '../../base/errors.ts';
import { GIB } from '../../base/units.ts';
import { type FfmpegProgram, lacks } from './find-ffmpeg.ts';

/** How a format is written: the encoder it takes, by ffmpeg's name, and what ffmpeg is told. */
export interface OutputFormat {
  readonly encoder: string;
  readonly words: readonly string[];
}

/** Larger than anything that is made here; it keeps a mistake from filling the disk. */
export const MAX_RESULT_BYTES = GIB;
/** The index at the front, so that players begin before they have the whole file. */
const FAST_START = ['-movflags', '+faststart'];

/** Speech and music at a quality where nobody hears the difference in a game. */
const SOUNDS: ReadonlyMap<string, OutputFormat> = new Map([
  ['mp3', { encoder: 'libmp3lame', words: ['-q:a', '2', '-f', 'mp3'] }],
  ['ogg', { encoder: 'libvorbis', words: ['-q:a', '5', '-f', 'ogg'] }],
  ['opus', { encoder: 'libopus', words: ['-b:a', '64k', '-f', 'opus'] }],
  ['flac', { encoder: 'flac', words: ['-f', 'flac'] }],
  ['m4a', { encoder: 'aac', words: ['-b:a', '96k', ...FAST_START, '-f', 'ipod'] }],
]);

/** What a clip can become, and by which extension. */
export type ClipExt = 'mp4' | 'webm' | 'gif';

/** Pictures are RGB and films are not: players take an untagged small film for the older BT.601 and shift its colours. */
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

const CLIPS: Readonly<Record<ClipExt, (size: Side) => OutputFormat>> = {
  mp4: (size) => ({ encoder: 'libx264', words: ['-vf', evened(size), ...X264] }),
  webm: () => ({ encoder: 'libvpx-vp9', words: ['-vf', AS_BT709, ...VP9, ...PLAYS_EVERYWHERE, '-f', 'webm'] }),
  gif: () => ({ encoder: 'gif', words: ['-vf', OWN_PALETTES, '-loop', '0', '-f', 'gif'] }),
};

/** H.264 halves its colour planes, so it has even sides only: an odd one gets its last row or column twice. */
function evened({ width, height }: Side): string {
  const right = width % 2;
  const bottom = height % 2;
  if (right + bottom === 0) return AS_BT709;
  const pad = `pad=${width + right}:${height + bottom}`;
  return `${pad},fillborders=right=${right}:bottom=${bottom}:mode=smear,${AS_BT709}`;
}

export const clipFormat = (ext: ClipExt, size: Side): OutputFormat => CLIPS[ext](size);

/** @throws WorkerError `task.format-unsupported` for an extension that no sound is written with */
export function soundFormat(ext: string): OutputFormat {
  const format = SOUNDS.get(ext);
  if (format === undefined) throw unwritten(ext, [...SOUNDS.keys()]);
  return format;
}

/** @throws WorkerError `engine.unavailable` when this ffmpeg lacks the encoder | `task.format-unsupported` */
export function assertWrites(program: FfmpegProgram, ext: string): void {
  const isClip = (name: string): name is ClipExt => Object.hasOwn(CLIPS, name);
  const { encoder } = isClip(ext) ? CLIPS[ext]({ width: 2, height: 2 }) : soundFormat(ext);
  if (!program.encoders.has(encoder)) throw lacks(program, encoder, ext);
}

/** A path as ffmpeg takes it: whatever is in it, it chooses no protocol. Our files have no extension: the content decides. */
export const fileUrl = (path: string): string => `file:${path}`;

/** No trace of the input's tags, nor of ffmpeg's version: the same input gives the same file. */
const PLAIN = ['-map_metadata', '-1', '-fflags', '+bitexact', '-flags', '+bitexact'];

/** What ffmpeg is told to write, of the first sound track or the picture. */
export function writing({ encoder, words }: OutputFormat, stream: 'a' | 'v', output: string): readonly string[] {
  const limit = ['-fs', String(MAX_RESULT_BYTES)];
  return ['-map', `0:${stream}:0`, ...PLAIN, `-c:${stream}`, encoder, ...words, ...limit, output];
}

const unwritten = (ext: string, known: readonly string[]): WorkerError =>
  new WorkerError('task.format-unsupported', `sound cannot be written as ${JSON.stringify(ext)}`, {
    hint: `Create the job with one of these extensions: wav, ${known.join(', ')}.`,
  });
