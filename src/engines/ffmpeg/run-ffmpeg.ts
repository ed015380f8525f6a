import { type ErrorCode, WorkerError } from '../../base/errors.ts';
import { formatBytes, MINUTE_MS } from '../../base/units.ts';
import type { ChildEnd, ChildEnvironment } from '../../system/process/child.ts';
import { memoryExceeded } from '../failures.ts';
import { keepTail, lastLine } from '../programs/output-tail.ts';
import { type WatchTools, runWatched } from '../programs/run.ts';
import type { ScratchOptions } from '../programs/scratch.ts';

/** What ffmpeg is run with. */
export interface FfmpegTools extends WatchTools {
  readonly childEnv: ChildEnvironment;
}

/** What every use of ffmpeg takes: a folder for its files, and what runs it. */
export interface FfmpegSetup {
  readonly scratch: ScratchOptions;
  readonly tools: FfmpegTools;
}

/** One run, from its arguments to its end. */
export interface FfmpegRun {
  readonly command: readonly string[];
  readonly signal: AbortSignal;
  /** Called with the number of frames written so far, each time it has grown. */
  readonly onFrames?: (frames: number) => void;
  /** What it reads from its stdin. The time that this takes to come is not ffmpeg's. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/** How ffmpeg ended, and the last line it wrote to stderr. */
export interface FfmpegEnd {
  readonly end: ChildEnd;
  readonly lastLine: string;
}

/** Seconds of audio or a frame take milliseconds; it reports twice a second whether it advances or not. */
export const STALL_MS = 2 * MINUTE_MS;
/** It is killed at once: what it leaves behind is removed anyway. */
const GRACE_MS = 0;
/** What goes before every command: no keys, no other output than errors, progress where it can be read. */
const QUIETLY = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-y', '-progress', 'pipe:1'];

/**
 * Runs ffmpeg to its end; what its exit means is for the caller to judge.
 *
 * @throws WorkerError `engine.failed` when it cannot be started | `engine.stalled`; what the input failed with; the
 *   signal's reason: it is killed with all it started
 */
export async function runFfmpeg(
  path: string,
  { command, signal, onFrames = () => {}, input }: FfmpegRun,
  tools: FfmpegTools,
): Promise<FfmpegEnd> {
  let stderr = '';
  const end = await runWatched(
    {
      name: 'ffmpeg',
      command: [path, ...QUIETLY, ...command],
      env: tools.childEnv,
      stallMs: STALL_MS,
      graceMs: GRACE_MS,
      readOutput: (moved) => createProgressReader({ moved, frames: onFrames }),
      onError: (text) => void (stderr = keepTail(stderr + text)),
      ...(input !== undefined && { input }),
    },
    tools,
    signal,
  );
  return { end, lastLine: lastLine(withoutNoise(stderr)) };
}

/** What it means that ffmpeg exited with an error. */
export interface FfmpegFailure {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

/** Encoding what we made ourselves. */
export const notMade = (ext: string): FfmpegFailure => ({
  code: 'engine.failed',
  what: `ffmpeg made no ${ext}`,
  hint: 'Try another ffmpeg: name it in STUDIO_WORKER_FFMPEG.',
});

/** @throws WorkerError with this code when it did not end well by itself; `engine.failed` when a signal ended it */
export function assertExitedWell({ end, lastLine: because }: FfmpegEnd, { code, what, hint }: FfmpegFailure): void {
  const exceeded = memoryExceeded('ffmpeg', end);
  if (exceeded !== undefined) throw exceeded;
  if (end.is === 'killed') {
    throw new WorkerError('engine.failed', `ffmpeg was ended by ${end.signal}: ${because}`, {
      fields: { signal: end.signal },
    });
  }
  // The disk is the operator's, whatever was in the file. Only words tell: ffmpeg 5.1.9 exits with 1 for both, and with 0
  // where the disk is full at the very end, though the file is cut off.
  const isFull = because.includes('No space left on device');
  if (end.code === 0 && !isFull) return;
  throw new WorkerError(isFull ? 'disk.full' : code, `${what}: ${because}`, {
    hint: isFull ? 'Free some space on the disk with the temporary folder.' : hint,
    fields: { exitCode: end.code },
  });
}

/** What was written, unless ffmpeg stopped at the limit. @throws WorkerError `engine.failed` */
export function resultOf(bytes: Uint8Array | undefined, maxBytes: number): Uint8Array {
  if (bytes !== undefined && bytes.byteLength >= maxBytes) {
    throw new WorkerError('engine.failed', `the result is larger than ${formatBytes(maxBytes)}`);
  }
  if (bytes !== undefined && bytes.byteLength > 0) return bytes;
  throw new WorkerError('engine.failed', 'ffmpeg exited with 0 but produced no output');
}

interface FfmpegProgress {
  readonly moved: () => void;
  readonly frames: (frames: number) => void;
}

const MAX_LINE_LENGTH = 1000;

/** Reads `key=value` lines. It repeats itself while nothing happens, so that only a new value is progress. */
function createProgressReader({ moved, frames }: FfmpegProgress): (text: string) => void {
  const known = new Map<string, string>();
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, MAX_LINE_LENGTH);
    for (const line of lines) {
      const [, key = '', value = ''] = /^(frame|out_time_us|total_size)=\s*(\d+)/.exec(line) ?? [];
      if (key === '' || known.get(key) === value) continue;
      known.set(key, value);
      moved();
      if (key === 'frame') frames(Number(value));
    }
  };
}

/** Which part of ffmpeg speaks, at what address in memory; and where our own files are. Neither helps a reader. */
const NOISE = /\[[^\]]* @ 0x[0-9a-f]+\] /gi;
const OWN_FILE = /file:\S*?studio-worker-ffmpeg-[0-9a-f-]+\/(?:in|out)\b/g;

const withoutNoise = (stderr: string): string => stderr.replaceAll(NOISE, '').replaceAll(OWN_FILE, 'the file');
