import { WorkerError } from '../../base/errors.ts';
import { formatDuration, MINUTE_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnd, ChildEnvironment } from '../../system/processes.ts';
import type { Program, RunProgram } from '../../system/programs.ts';
import type { RunContext } from '../engine.ts';
import { createProgressReader } from './progress.ts';

export interface RunnerOptions {
  readonly run: RunProgram;
  readonly clock: Pick<Clock, 'after'>;
  /** How far it stands back for other programs, 0 to 19. */
  readonly nice: number;
}

/** Generous: a slow disk reads a large model, a slow processor takes one step of a large picture. */
export const STALL_MS = 15 * MINUTE_MS;
/** It ends by itself in a tenth of this; what does not is ended, all within half a second. */
const ENDS_WITHIN_MS = 300;
/** The end of what it wrote to stderr, where its last words are. */
const STDERR_KEPT = 4000;
const MOST_SAID = 500;

/**
 * Runs sd-cli to its end.
 *
 * @throws WorkerError `engine.failed` | `engine.stalled` | `task.sampler-unknown` | `task.invalid`; the signal's reason
 */
export async function runSdCli(
  command: readonly string[],
  env: ChildEnvironment,
  { context, options }: { readonly context: RunContext; readonly options: RunnerOptions },
): Promise<void> {
  const { signal } = context;
  signal.throwIfAborted();
  let stderr = '';
  const watchdog = createWatchdog(options.clock);
  const reader = createProgressReader({ step: (done, total) => context.progress(done, total), moved: watchdog.renew });
  const program = start(() =>
    options.run(command, {
      env,
      nice: options.nice,
      onOutput: (text) => reader.read(text),
      onError: (text) => (stderr = (stderr + text).slice(-STDERR_KEPT)),
    }),
  );
  const onAbort = (): void => watchdog.end();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    watchdog.guard(program);
    const ended = await program.ended;
    signal.throwIfAborted();
    if (watchdog.stalled) throw stallError();
    if (ended.is !== 'exited' || ended.code !== 0) throw exitError(ended, stderr);
  } finally {
    watchdog.stop();
    signal.removeEventListener('abort', onAbort);
  }
}

/** Ends a program that is told to end, or makes no progress: first by asking, then by force. */
function createWatchdog(clock: Pick<Clock, 'after'>) {
  let guarded: Program | undefined;
  let stalled = false;
  let ending = false;
  let disarm = (): void => {};
  function end(): void {
    ending = true;
    disarm();
    guarded?.killGroup('SIGTERM');
    disarm = clock.after(ENDS_WITHIN_MS, () => guarded?.killGroup('SIGKILL'));
  }
  function renew(): void {
    if (ending) return; // the time it has left does not grow any more
    disarm();
    disarm = clock.after(STALL_MS, () => {
      stalled = true;
      end();
    });
  }
  return {
    renew,
    end,
    guard(program: Program): void {
      guarded = program;
      renew();
    },
    stop: () => disarm(),
    get stalled() {
      return stalled;
    },
  };
}

function start<Started>(begin: () => Started): Started {
  try {
    return begin();
  } catch (thrown) {
    // The system limits an argument, and takes none with a NUL in it: the prompt is the one that may have either.
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
    if (code === 'E2BIG' || code === 'ERR_INVALID_ARG_VALUE') {
      throw new WorkerError('task.invalid', 'the prompt is too long for a command line, or has a NUL in it', {
        hint: 'Create the job with a shorter prompt.',
        cause: thrown,
      });
    }
    throw new WorkerError('engine.failed', 'sd-cli could not be started', {
      hint: 'Check that the file may be executed and was made for this system.',
      cause: thrown,
    });
  }
}

const stallError = (): WorkerError =>
  new WorkerError('engine.stalled', `sd-cli made no progress for ${formatDuration(STALL_MS)} and was ended`);

/** The sentence of the studio contract. A program that a signal ended has no code. */
function exitError(end: ChildEnd, stderr: string): WorkerError {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '');
  const last = lines.at(-1)?.trim().slice(0, MOST_SAID) ?? '(no stderr)';
  const code = end.is === 'exited' ? `Some(${end.code})` : 'None';
  const message = `sd-cli exited with ${code}: ${last}`;
  if (lines.some((line) => /\b(?:invalid|unknown) sampl\w+ method\b/i.test(line))) {
    return new WorkerError('task.sampler-unknown', message, {
      hint: 'Create the job with a samplingMethod that sd-cli knows: `sd-cli --help` lists them.',
    });
  }
  return new WorkerError('engine.failed', message, {
    fields: end.is === 'exited' ? { exitCode: end.code } : { signal: end.signal },
  });
}
