import { WorkerError } from '../../base/errors.ts';
import { formatDuration, SECOND_MS } from '../../base/units.ts';
import { assertWrites, fileUrl, MAX_RESULT_BYTES, audioFormat, outputArguments, PLAIN } from './formats.ts';
import type { FfmpegProgram } from './find-ffmpeg.ts';
import { withScratch } from '../programs/scratch.ts';
import { assertExitedWell, type FfmpegSetup, notMade, resultOf, runFfmpeg } from './run-ffmpeg.ts';

export interface DecodeAudioOptions {
  /** Samples a second of what comes out, whatever the file has. */
  readonly sampleRate: number;
  readonly signal: AbortSignal;
}

export interface EncodeAudioOptions {
  /** `mp3`, `ogg`, `opus`, `flac` or `m4a`. */
  readonly ext: string;
  readonly signal: AbortSignal;
}

/** How a file is decoded, and how large the result may become. */
interface Decoding extends DecodeAudioOptions, FfmpegSetup {
  readonly maxBytes: number;
}

const BYTES_PER_SAMPLE = 2;
const MAX_CHANNELS = 2;
/** What stands before the samples of a WAV without tags. */
const HEADER_BYTES = 44;
/** What may open what: no network, and no format that is a list of other files, as HLS and concat are. */
const CONFINED = [
  '-protocol_whitelist',
  'file,pipe',
  '-format_whitelist',
  [
    'wav,w64,mp3,ogg,flac,mov,matroska,webm,aac,aiff,caf,asf,amr,au',
    'mpegts,mpeg,avi,flv,ac3,eac3,dts,dtshd,truehd,mlp,wv,ape,tta,tak,mpc,mpc8,shn,dsf,iff,loas',
    'amrnb,amrwb,voc,sln,sox,nistsphere,ircam,avr,pvf,paf,qcp,rm,nut,mxf,wtv,dv,ivf,swf,sbc,adts',
  ].join(','),
];

/** @throws WorkerError as `Ffmpeg.decodeAudio` */
export async function decodeAudio(
  { path }: FfmpegProgram,
  bytes: Uint8Array,
  { scratch, tools, signal, sampleRate, maxBytes }: Decoding,
): Promise<Uint8Array> {
  return await withScratch(scratch, 'ffmpeg', async (folder) => {
    const input = fileUrl(await folder.write('in', bytes));
    // Both channels of two: one may be the other turned around, and their sum nothing.
    const channels = ['-map', '0:a:0', '-af', 'aformat=channel_layouts=mono|stereo'];
    const samples = [...channels, '-ar', String(sampleRate), ...PLAIN, '-c:a', 'pcm_s16le', '-f', 'wav'];
    const command = [...CONFINED, '-i', input, ...samples, '-fs', String(maxBytes), fileUrl(folder.at('out'))];
    const ended = await runFfmpeg(path, { command, signal }, tools);
    assertExitedWell(ended, { code: 'task.audio-unreadable', what: 'the audio cannot be read', hint: CHECK });
    const wav = await folder.read('out');
    if (wav === undefined || wav.byteLength <= HEADER_BYTES) {
      throw new WorkerError('task.audio-empty', 'there is no audio in the file', { hint: CHECK });
    }
    if (wav.byteLength >= maxBytes) throw tooLong(maxBytes / BYTES_PER_SAMPLE / MAX_CHANNELS / sampleRate);
    return wav;
  });
}

/** @throws WorkerError `task.format-unsupported` | … as `Ffmpeg.encodeAudio` */
export async function encodeAudio(
  program: FfmpegProgram,
  wav: Uint8Array,
  { scratch, tools, signal, ext }: EncodeAudioOptions & FfmpegSetup,
): Promise<Uint8Array> {
  const format = audioFormat(ext);
  assertWrites(program, ext);
  return await withScratch(scratch, 'ffmpeg', async (folder) => {
    const input = fileUrl(await folder.write('in', wav));
    const command = [
      '-protocol_whitelist',
      'file,pipe',
      '-f',
      'wav',
      '-i',
      input,
      ...outputArguments(format, 'a', fileUrl(folder.at('out'))),
    ];
    const ended = await runFfmpeg(program.path, { command, signal }, tools);
    assertExitedWell(ended, notMade(ext));
    return resultOf(await folder.read('out'), MAX_RESULT_BYTES);
  });
}

const CHECK = 'Check the file that the task names: it has to be an audio file, or a video with an audio track.';

const tooLong = (seconds: number): WorkerError =>
  new WorkerError('task.audio-too-long', `the audio is longer than ${formatDuration(seconds * SECOND_MS)}`, {
    hint: 'Create jobs with shorter pieces of it.',
  });
