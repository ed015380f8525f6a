import { siblingsOf } from '../../config/paths.ts';
import { runTrial, type TrialRun } from '../../release/update/trial-run.ts';
import { TRIAL_VARIABLE } from '../../release/update/trial.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import { connectLineParent } from '../../system/process/line-parent.ts';
import type { Effects } from '../effects.ts';

/** Undefined when this is a run like any other. */
export function openTrialRun(configPath: string, { environment, clock }: Effects): TrialRun | undefined {
  if ((environment.get(TRIAL_VARIABLE) ?? '') === '') return undefined;
  return runTrial({
    parent: connectLineParent(),
    acquire: () => acquireLock(siblingsOf(configPath).lock, { pid: environment.pid }),
    clock,
  });
}
