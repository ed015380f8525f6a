import type { WorkerError } from '../../../base/errors.ts';
import { MINUTE_MS } from '../../../base/units.ts';
import type { ChildEnvironment } from '../../../system/process/child.ts';
import type { RunContext } from '../../engine.ts';
import { type WatchTools, runWatched } from '../../programs/run.ts';
import { exitFailure } from './failures.ts';
import { createProgramOutput, outputReader } from './output.ts';
import { rising } from '../../progress.ts';

/** Generous: a slow disk reads a large model, a slow CPU takes one step of a large image. */
export const STALL_MS = 15 * MINUTE_MS;
/** Both programs end by themselves in a tenth of this; what does not is killed, all within half a second. */
export const GRACE_MS = 300;

/** One run of sd-cli, from its command to its end. */
export interface SdCliRun {
  readonly command: readonly string[];
  readonly env: ChildEnvironment;
  readonly context: RunContext;
  /** Why not to go on with the architecture that it has loaded; undefined to go on. */
  readonly refuse: (architecture: string | undefined) => WorkerError | undefined;
  /** Called with the error when the program ended in a way that it did not choose. */
  readonly onCrash: (error: WorkerError) => void;
}

/**
 * Runs sd-cli to its end, and gives what it computed on, as far as it announced that.
 *
 * @throws WorkerError `engine.failed` | `engine.stalled` | `engine.crashed` | `engine.out-of-memory` |
 *   `task.sampler-unknown` | `task.invalid`; what it was refused with; the signal's reason
 */
export async function runSdCli(
  { command, env, context, refuse, onCrash }: SdCliRun,
  tools: WatchTools,
): Promise<string | undefined> {
  const printed = createProgramOutput();
  const refused = new AbortController();
  const end = await runWatched(
    {
      name: 'sd-cli',
      command,
      env,
      stallMs: STALL_MS,
      graceMs: GRACE_MS,
      readOutput: (moved) => {
        const read = outputReader(printed, { step: rising(context.progress), moved });
        return (text) => {
          read(text);
          const because = refuse(printed.architecture);
          if (because !== undefined) refused.abort(because);
        };
      },
      onError: printed.addError,
    },
    tools,
    AbortSignal.any([context.signal, refused.signal]),
  );
  if (end.is === 'exited' && end.code === 0) return printed.device;
  const { error, crashed } = exitFailure('sd-cli', end, printed);
  if (crashed) onCrash(error);
  throw error;
}
