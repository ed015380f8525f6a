import { errorChain, toWorkerError } from '../base/errors.ts';
import { pause } from '../base/pause.ts';
import { formatDuration, SECOND_MS } from '../base/units.ts';
import type { Clock } from '../system/clock.ts';
import { CONFIG_CHECKS } from './checks/config.ts';
import { GPU_CHECKS } from './checks/gpus.ts';
import { MACHINE_CHECKS } from './checks/machine.ts';
import { STUDIO_CHECKS } from './checks/studio.ts';
import { UPDATE_CHECKS } from './checks/update.ts';
import { WORKER_CHECKS } from './checks/worker.ts';
import type { DoctorDeps } from './deps.ts';
import { type Check, failed, type Finding, skipped } from './finding.ts';

/** Every check, in the order in which one depends on another. */
export const CHECKS: readonly Check[] = [
  ...CONFIG_CHECKS,
  ...STUDIO_CHECKS,
  ...WORKER_CHECKS,
  ...MACHINE_CHECKS,
  ...GPU_CHECKS,
  ...UPDATE_CHECKS,
];

/** A finding with the check that made it. */
export interface Examined extends Finding {
  readonly id: string;
  readonly title: string;
}

/** The slowest honest check starts programs of drivers and waits for a network. */
const LIMIT_MS = 30 * SECOND_MS;

/** Runs every check, one after the other: several at once would measure each other. */
export async function* examine(deps: DoctorDeps, clock: Clock): AsyncGenerator<Examined> {
  for (const check of CHECKS) yield { id: check.id, title: check.title, ...(await outcomeOf(check, deps, clock)) };
}

async function outcomeOf(check: Check, deps: DoctorDeps, clock: Clock): Promise<Finding> {
  const done = new AbortController();
  const late = pause(clock, LIMIT_MS, done.signal).then(() =>
    failed(`no answer within ${formatDuration(LIMIT_MS)}`, 'Try again when the machine is idle.'),
  );
  try {
    return await Promise.race([check.run(deps), late]);
  } catch (thrown) {
    const { code, hint } = toWorkerError(thrown);
    // One broken config is one finding, and not one of every check that needs it.
    if (code === 'config.invalid' && check.id !== 'config.valid') return skipped('the config file cannot be read');
    const [first = ''] = errorChain(thrown).split('\n');
    return failed(first, hint ?? 'Report this with a bundle: `studio-worker doctor --bundle <file>`.');
  } finally {
    done.abort();
  }
}
