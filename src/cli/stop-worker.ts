import { pause } from '../base/pause.ts';
import { MINUTE_MS, SECOND_MS } from '../base/units.ts';
import { WorkerError } from '../base/errors.ts';
import type { World } from './world.ts';

/** Longer than any running job is waited for by default. */
const PATIENCE_MS = 5 * MINUTE_MS;
const LOOK_EVERY_MS = SECOND_MS / 5;

/**
 * Stops the worker that runs with this config, which finishes its job first. False when none runs.
 *
 * @throws WorkerError `worker.unresponsive` | what asking it throws
 */
export async function stopWorker(world: Pick<World, 'control' | 'clock'>, configPath: string): Promise<boolean> {
  const control = world.control(configPath);
  const asked = await control.ask('stop', {});
  if (asked.is === 'not-running') return false;
  if (asked.is === 'failed') throw asked.error;
  const until = world.clock.elapsed() + PATIENCE_MS;
  while (world.clock.elapsed() < until) {
    if ((await control.ask('status', {})).is === 'not-running') return true;
    await pause(world.clock, LOOK_EVERY_MS);
  }
  throw new WorkerError('worker.unresponsive', 'the worker is still running its job', {
    hint: 'Wait for it, or send it SIGTERM once more, which hands the job back. Then run this again.',
  });
}
