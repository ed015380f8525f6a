import { errorChain } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { findConfig, siblingsOf } from '../../config/paths.ts';
import { startOf } from '../../release/update/command-line.ts';
import { TRIAL_VARIABLE } from '../../release/update/trial.ts';
import { countStart } from '../../release/update/start-count.ts';
import { openUpdateMemory } from '../../release/update/state.ts';
import { systemClock } from '../../system/clock.ts';
import { executablePlace, restoreExecutable } from '../../system/executable.ts';
import { systemFiles } from '../../system/disk/files.ts';
import { readEnvironment } from '../../system/environment.ts';
import { continueAs } from '../../system/process/exec.ts';
import { processVariables, ownCommand, ownEnvironment } from '../../system/process/processes.ts';
import { writeError } from '../../system/process/this-program.ts';

/*
 * The first thing that `run` does, before the rest of the program is even loaded: count the start, and go back to the
 * version before this one when it died too often. It knows as little of the program as it can.
 */

/** Counts this start, or goes on as the previous version. Whatever is wrong with the count, the worker starts. */
export async function guardStart(words: readonly string[]): Promise<void> {
  const start = startOf(words);
  const environment = readEnvironment();
  if (start === undefined || ownCommand().length > 1 || environment.get(TRIAL_VARIABLE)) return;
  try {
    const exists = async (path: string): Promise<boolean> => (await systemFiles.stat(path)) !== undefined;
    const configPath = start.config ?? (await findConfig(environment, exists));
    if (!(await exists(siblingsOf(configPath).folder))) return; // no start was before this one
    const place = executablePlace(environment.execPath);
    // A count is read by the next process, not after a power cut: waiting for the disk would take a tenth of the start.
    const path = siblingsOf(configPath).updateState;
    const memory = openUpdateMemory({ path, files: systemFiles, log: QUIET, durable: 'soon' });
    const hasPrevious = await exists(place.previous);
    let because: string | undefined;
    await memory.change((state) => {
      const verdict = countStart(state, { version: VERSION, hasPrevious, now: systemClock.now() });
      if (verdict.is === 'roll-back') ({ because } = verdict);
      return verdict.state;
    });
    if (because === undefined || !restoreExecutable(place)) return;
    writeError(`studio-worker ${VERSION} is taken back: ${because}\n`);
  } catch (thrown) {
    return writeError(`warning: cannot count this start: ${errorChain(thrown)}\n`);
  }
  continueAs(environment.execPath, ownEnvironment(processVariables()));
}

const QUIET = { warn: () => {} };
