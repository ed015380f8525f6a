import { WorkerError } from '../../base/errors.ts';
import { createStallTimer, type StallTimer } from '../../base/stall-timer.ts';
import { codeOf } from '../../base/system-code.ts';
import { formatDuration } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnd, ChildEnvironment } from '../../system/process/child.ts';
import type { Program, RunProgram } from '../../system/process/programs.ts';

/** What programs of other projects are started with. */
export interface WatchTools {
  readonly run: RunProgram;
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** Their niceness, 0 to 19. */
  readonly nice: number;
}

/** Called when a program made progress. */
export type OnProgress = () => void;

/** A program to be started, and the limits under which it runs. */
export interface ProgramStart {
  /** As errors call it. */
  readonly name: string;
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  /** Longest time without progress. */
  readonly stallMs: number;
  /** From asking it to end until it is killed; 0 kills it at once. */
  readonly graceMs: number;
  /** Makes what reads its stdout, and calls back for each progress in there. */
  readonly readOutput: (onMoved: OnProgress) => (text: string) => void;
  readonly onError: (text: string) => void;
  /** What it reads from its stdin. The time that this takes to come is not the program's. */
  readonly input?: AsyncIterable<Uint8Array>;
}

/** A program that has to show progress while it is not paused, and is ended with all it started when it shows none. */
export interface WatchedProgram {
  readonly pid: number;
  readonly ended: Promise<ChildEnd>;
  /** It has no work: its silence means nothing. */
  pause(): void;
  /** It has work: the limit restarts. */
  resume(): void;
  /** Ends it. However it ends from here on is no crash. May be called twice: the grace does not grow. */
  readonly end: () => void;
  /** Whether it was asked to exit, or stalled. */
  readonly ending: boolean;
  /** `engine.stalled` once it made no progress for too long. */
  readonly stall: WorkerError | undefined;
  /** What making its input failed with, which ends it. */
  readonly inputFailure: { readonly thrown: unknown } | undefined;
}

/**
 * Starts a program that has to show progress from now on.
 *
 * @throws WorkerError `engine.failed` when the system cannot start it | `task.invalid` for arguments that it cannot carry
 */
export function startWatched(start: ProgramStart, { run, clock, nice }: WatchTools): WatchedProgram {
  const { name, command, env, stallMs, graceMs, readOutput, onError } = start;
  const timer = createStallTimer({ clock, limitMs: stallMs, reason: (limitMs) => stallError(name, limitMs) });
  const ender = createEnder(graceMs, timer, clock);
  let inputFailure: WatchedProgram['inputFailure'];
  const onInputFailed = (thrown: unknown): void => {
    inputFailure = { thrown };
    ender.end();
  };
  const input = start.input === undefined ? {} : { input: timed(start.input, timer, onInputFailed) };
  const program = startProgram(name, timer, () =>
    run(command, { env, nice, onOutput: readOutput(() => timer.moved()), onError, ...input }),
  );
  const ended = ender.over(program);
  return {
    pid: program.pid,
    ended,
    pause: () => timer.pause(),
    resume() {
      timer.moved();
      timer.resume();
    },
    end: ender.end,
    get ending() {
      return ender.ending;
    },
    get stall() {
      return timer.signal.aborted ? stallError(name, stallMs) : undefined;
    },
    get inputFailure() {
      return inputFailure;
    },
  };
}

/**
 * Runs a program to its end; what its exit means is for the caller to judge.
 *
 * @throws WorkerError as `startWatched` | `engine.stalled`; what its input failed with; the signal's reason, once the
 *   program is gone
 */
export async function runWatched(start: ProgramStart, tools: WatchTools, signal: AbortSignal): Promise<ChildEnd> {
  signal.throwIfAborted();
  const program = startWatched(start, tools);
  signal.addEventListener('abort', program.end, { once: true });
  try {
    const end = await program.ended;
    signal.throwIfAborted();
    if (program.inputFailure !== undefined) throw program.inputFailure.thrown;
    if (program.stall !== undefined) throw program.stall;
    return end;
  } finally {
    signal.removeEventListener('abort', program.end);
  }
}

/** Ends a program once, also when it stalls: by asking first where there is a grace, by force after it. */
function createEnder(graceMs: number, timer: StallTimer, clock: Pick<Clock, 'after'>) {
  let kill: Program['killGroup'] = () => {};
  let ending = false;
  let disarm = (): void => {};
  function end(): void {
    if (ending) return;
    ending = true;
    timer.stop();
    kill(graceMs > 0 ? 'SIGTERM' : 'SIGKILL');
    if (graceMs > 0) disarm = clock.after(graceMs, () => kill('SIGKILL'));
  }
  timer.signal.addEventListener('abort', end, { once: true });
  return {
    end,
    get ending() {
      return ending;
    },
    /** Takes the program over; settles when it has ended and no timer runs. */
    over(program: Program): Promise<ChildEnd> {
      kill = (signal) => program.killGroup(signal);
      return program.ended.finally(() => {
        timer.stop();
        disarm();
      });
    },
  };
}

const stallError = (name: string, limitMs: number): WorkerError =>
  new WorkerError('engine.stalled', `${name} made no progress for ${formatDuration(limitMs)} and was ended`);

function startProgram(name: string, timer: StallTimer, begin: () => Program): Program {
  try {
    return begin();
  } catch (thrown) {
    timer.stop();
    // The system limits an argument, and takes none with a NUL in it: the prompt is the one that may have either.
    if (['E2BIG', 'ERR_INVALID_ARG_VALUE'].includes(codeOf(thrown) ?? '')) {
      throw new WorkerError('task.invalid', 'the prompt is too long for a command line, or has a NUL in it', {
        hint: 'Create the job with a shorter prompt.',
        cause: thrown,
      });
    }
    throw new WorkerError('engine.failed', `${name} could not be started`, {
      hint: 'Check that the file may be executed and was made for this system.',
      cause: thrown,
    });
  }
}

/** The parts as they come. While the next one is awaited, the program's time stands still; a part is progress. */
async function* timed(
  input: AsyncIterable<Uint8Array>,
  timer: StallTimer,
  onFailed: (thrown: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    timer.pause();
    for await (const part of input) {
      timer.moved();
      timer.resume();
      yield part;
      timer.pause();
    }
    timer.moved();
    timer.resume();
  } catch (thrown) {
    onFailed(thrown);
  }
}
