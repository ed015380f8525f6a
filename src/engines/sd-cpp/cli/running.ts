import type { Clock } from '../../../system/clock.ts';
import type { ChildEnvironment } from '../../../system/process/processes.ts';
import type { RunProgram } from '../../../system/process/programs.ts';
import type { WorkerError } from '../../../base/errors.ts';
import type { RunContext } from '../../engine.ts';
import { badEnd, createSaid, stallError, start } from './ends.ts';
import { createProgressReader, rising } from './progress.ts';
import { createWatchdog } from './watchdog.ts';

export interface RunnerOptions {
  readonly run: RunProgram;
  readonly clock: Pick<Clock, 'after'>;
  /** How far it stands back for other programs, 0 to 19. */
  readonly nice: number;
}

export interface SdCliRun {
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  readonly context: RunContext;
  /** It ended in a way that it did not choose. */
  readonly onCrash: (error: WorkerError) => void;
}

/**
 * Runs sd-cli to its end, and gives what it computed on, as far as it said.
 *
 * @throws WorkerError `engine.failed` | `engine.stalled` | `engine.crashed` | `engine.out-of-memory` |
 *   `task.sampler-unknown` | `task.invalid`; the signal's reason
 */
export async function runSdCli(
  { command, env, context, onCrash }: SdCliRun,
  options: RunnerOptions,
): Promise<string | undefined> {
  const { signal } = context;
  signal.throwIfAborted();
  const said = createSaid();
  const watchdog = createWatchdog(options.clock);
  const reader = createProgressReader({ step: rising(context.progress), moved: watchdog.renew });
  const program = start('sd-cli', () =>
    options.run(command, {
      env,
      nice: options.nice,
      onOutput(text) {
        reader.read(text);
        said.addOutput(text);
      },
      onError: said.addError,
    }),
  );
  const onAbort = (): void => watchdog.end();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    watchdog.guard(program);
    const ended = await program.ended;
    signal.throwIfAborted();
    if (watchdog.stalled) throw stallError('sd-cli');
    if (ended.is === 'exited' && ended.code === 0) return said.device;
    const { error, crashed } = badEnd('sd-cli', ended, said);
    if (crashed) onCrash(error);
    throw error;
  } finally {
    watchdog.stop();
    signal.removeEventListener('abort', onAbort);
  }
}
