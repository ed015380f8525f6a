import { type ErrorCode, WorkerError } from '../../base/errors.ts';
import { formatBytes, formatDuration, MINUTE_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnd, ChildEnvironment } from '../../system/process/processes.ts';
import type { Program, RunProgram } from '../../system/process/programs.ts';

export interface RunnerOptions {
  readonly run: RunProgram;
  readonly childEnv: ChildEnvironment;
  readonly clock: Pick<Clock, 'after'>;
  /** How far it stands back for other programs, 0 to 19. */
  readonly nice: number;
}

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
  readonly said: string;
}

/** Seconds of sound or a frame take milliseconds; it reports twice a second whether it advances or not. */
export const STALL_MS = 2 * MINUTE_MS;
const STDERR_KEPT = 4000;
const MOST_SAID = 500;
/** What goes before every command: no keys, no other output than errors, progress where it can be read. */
const QUIETLY = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'error', '-y', '-progress', 'pipe:1'];

/**
 * Runs ffmpeg to its end; what its exit means is the caller's to say.
 *
 * @throws WorkerError `engine.failed` when it cannot be started | `engine.stalled`; what the input failed with; the
 *   signal's reason, at once: it is killed with all it started
 */
export async function runFfmpeg(
  path: string,
  { command, signal, onFrames, input }: FfmpegRun,
  options: RunnerOptions,
): Promise<FfmpegEnd> {
  signal.throwIfAborted();
  let stderr = '';
  const guard = createGuard(options.clock);
  const feeding = input === undefined ? undefined : watched(input, guard);
  const program = start(path, () =>
    options.run([path, ...QUIETLY, ...command], {
      env: options.childEnv,
      nice: options.nice,
      onOutput: createProgressReader({ moved: guard.renew, frames: onFrames ?? (() => {}) }),
      onError: (text) => void (stderr = (stderr + text).slice(-STDERR_KEPT)),
      ...(feeding !== undefined && { input: feeding.parts }),
    }),
  );
  signal.addEventListener('abort', guard.end, { once: true });
  try {
    guard.watch(program);
    if (signal.aborted) guard.end();
    const end = await program.ended;
    signal.throwIfAborted();
    if (feeding?.failure !== undefined) throw feeding.failure.thrown;
    if (guard.stalled) throw stallError();
    return { end, said: lastLine(stderr) };
  } finally {
    guard.stop();
    signal.removeEventListener('abort', guard.end);
  }
}

/** What it means that ffmpeg did not do it. */
export interface Blame {
  readonly code: ErrorCode;
  readonly what: string;
  readonly hint: string;
}

/** Encoding what we made ourselves. */
export const notMade = (ext: string): Blame => ({
  code: 'engine.failed',
  what: `ffmpeg made no ${ext}`,
  hint: 'Try another ffmpeg: name it in STUDIO_WORKER_FFMPEG.',
});

/** @throws WorkerError with this code when it did not end well by itself; `engine.failed` when a signal ended it */
export function assertWell({ end, said }: FfmpegEnd, { code, what, hint }: Blame): void {
  if (end.is === 'killed') {
    throw new WorkerError('engine.failed', `ffmpeg was ended by ${end.signal}: ${said}`, {
      fields: { signal: end.signal },
    });
  }
  if (end.code === 0) return;
  // The disk is the operator's, whatever was in the file.
  const isFull = said.includes('No space left on device');
  throw new WorkerError(isFull ? 'disk.full' : code, `${what}: ${said}`, {
    hint: isFull ? 'Free some space on the disk with the temporary folder.' : hint,
    fields: { exitCode: end.code },
  });
}

/** What was written, unless ffmpeg stopped at the limit. @throws WorkerError `engine.failed` */
export function resultOf(bytes: Uint8Array | undefined, mostBytes: number): Uint8Array {
  if (bytes !== undefined && bytes.byteLength >= mostBytes) {
    throw new WorkerError('engine.failed', `the result is larger than ${formatBytes(mostBytes)}`);
  }
  if (bytes !== undefined && bytes.byteLength > 0) return bytes;
  throw new WorkerError('engine.failed', 'ffmpeg ended well, but wrote nothing');
}

type Guard = ReturnType<typeof createGuard>;

/** Ends a program that is told to end, or makes no progress. By force: what it leaves behind is removed anyway. */
function createGuard(clock: Pick<Clock, 'after'>) {
  let guarded: Program | undefined;
  let stalled = false;
  let ended = false;
  let waiting = false;
  let disarm = (): void => {};
  function end(): void {
    ended = true;
    disarm();
    guarded?.killGroup('SIGKILL');
  }
  function renew(): void {
    disarm();
    if (ended || waiting) return;
    disarm = clock.after(STALL_MS, () => {
      stalled = true;
      end();
    });
  }
  return {
    renew,
    end,
    /** Whether somebody else is to blame for the time from here on. */
    wait(isWaiting: boolean): void {
      waiting = isWaiting;
      renew();
    },
    watch(program: Program): void {
      guarded = program;
      renew();
    },
    stop(): void {
      ended = true;
      disarm();
    },
    get stalled() {
      return stalled;
    },
  };
}

/** The parts as they come, and what making them failed with: then ffmpeg ends too. */
function watched(input: AsyncIterable<Uint8Array>, guard: Guard) {
  let failure: { readonly thrown: unknown } | undefined;
  async function* parts(): AsyncGenerator<Uint8Array> {
    try {
      guard.wait(true);
      for await (const part of input) {
        guard.wait(false);
        yield part;
        guard.wait(true);
      }
      guard.wait(false);
    } catch (thrown) {
      failure = { thrown };
      guard.end();
    }
  }
  return {
    parts: parts(),
    get failure() {
      return failure;
    },
  };
}

interface ProgressCalls {
  readonly moved: () => void;
  readonly frames: (frames: number) => void;
}

const MOST_LINE = 1000;

/** Reads `key=value` lines. It repeats itself while nothing happens, so that only a new value is progress. */
function createProgressReader({ moved, frames }: ProgressCalls): (text: string) => void {
  const known = new Map<string, string>();
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, MOST_LINE);
    for (const line of lines) {
      const [, key = '', value = ''] = /^(frame|out_time_us|total_size)=\s*(\d+)/.exec(line) ?? [];
      if (key === '' || known.get(key) === value) continue;
      known.set(key, value);
      moved();
      if (key === 'frame') frames(Number(value));
    }
  };
}

function start(path: string, begin: () => Program): Program {
  try {
    return begin();
  } catch (thrown) {
    throw new WorkerError('engine.failed', `${path} could not be started`, {
      hint: 'Check that the file may be executed and was made for this system.',
      cause: thrown,
    });
  }
}

const stallError = (): WorkerError =>
  new WorkerError('engine.stalled', `ffmpeg made no progress for ${formatDuration(STALL_MS)} and was ended`);

/** Which part of itself speaks, at what address in memory; and where our own files are. Neither says anything to anybody. */
const NOISE = /\[[^\]]* @ 0x[0-9a-f]+\] /gi;
const OWN_FILE = /file:\S*?studio-worker-ffmpeg-[0-9a-f-]+\/(?:in|out)\b/g;

function lastLine(stderr: string): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(NOISE, '').replaceAll(OWN_FILE, 'the file').trim());
  return lines.findLast((line) => line !== '')?.slice(0, MOST_SAID) ?? '(no stderr)';
}
