import { WorkerError } from '../../base/errors.ts';
import { formatDuration, SECOND_MS } from '../../base/units.ts';
import { assertWrites, MOST_RESULT_BYTES, soundFormat, writing } from './formats.ts';
import type { FfmpegProgram } from './find-ffmpeg.ts';
import { assertWell, notMade, resultOf, runFfmpeg, type RunnerOptions } from './running.ts';
import type { WithScratch } from './scratch.ts';

interface Tools {
  readonly scratch: WithScratch;
  readonly runner: RunnerOptions;
  readonly signal: AbortSignal;
}

export interface Decoding extends Tools {
  readonly sampleRate: number;
  readonly mostBytes: number;
}

const BYTES_PER_SAMPLE = 4;
/** What may open what: no network, and no format that is a list of other files, as HLS and concat are. */
const CONFINED = [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  'wav,w64,mp3,ogg,flac,mov,matroska,webm,aac,aiff,caf,asf,amr,au',
];

/** @throws WorkerError as `Ffmpeg.decodeSound` */
export async function decodeSound(
  { path }: FfmpegProgram,
  bytes: Uint8Array,
  { scratch, runner, signal, sampleRate, mostBytes }: Decoding,
): Promise<Float32Array> {
  return await scratch(bytes, async ({ input, output, read }) => {
    const samples = ['-map', '0:a:0', '-ac', '1', '-ar', String(sampleRate), '-c:a', 'pcm_f32le', '-f', 'f32le'];
    const command = [...CONFINED, '-i', input, ...samples, '-fs', String(mostBytes), output];
    const ended = await runFfmpeg(path, { command, signal }, runner);
    assertWell(ended, { code: 'task.audio-unreadable', what: 'the sound cannot be read', hint: CHECK });
    const raw = await read();
    if (raw === undefined || raw.byteLength < BYTES_PER_SAMPLE) {
      throw new WorkerError('task.audio-empty', 'there is no sound in the file', { hint: CHECK });
    }
    if (raw.byteLength >= mostBytes) throw tooLong(mostBytes / BYTES_PER_SAMPLE / sampleRate);
    // Files are read into memory of their own, so that it is aligned; a copy is made where it is not.
    const aligned = raw.byteOffset % BYTES_PER_SAMPLE === 0 ? raw : raw.slice();
    return new Float32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.byteLength / BYTES_PER_SAMPLE));
  });
}

/** @throws WorkerError `task.format-unsupported` | … as `Ffmpeg.encodeSound` */
export async function encodeSound(
  program: FfmpegProgram,
  wav: Uint8Array,
  { scratch, runner, signal, ext }: Tools & { readonly ext: string },
): Promise<Uint8Array> {
  const format = soundFormat(ext);
  assertWrites(program, ext);
  return await scratch(wav, async ({ input, output, read }) => {
    const command = ['-protocol_whitelist', 'file,pipe', '-f', 'wav', '-i', input, ...writing(format, 'a', output)];
    const ended = await runFfmpeg(program.path, { command, signal }, runner);
    assertWell(ended, notMade(ext));
    return resultOf(await read(), MOST_RESULT_BYTES);
  });
}

const CHECK = 'Check the file that the task names: it has to be a sound file, or a film with a sound track.';

const tooLong = (seconds: number): WorkerError =>
  new WorkerError('task.audio-too-long', `the sound is longer than ${formatDuration(seconds * SECOND_MS)}`, {
    hint: 'Create jobs with shorter pieces of it.',
  });
