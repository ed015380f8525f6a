import type { ControlResult } from '../worker/control/client.ts';
import type { WorkerStatus } from '../worker/status.ts';
import { WorkerError } from '../base/errors.ts';
import type { ExitNote } from './command.ts';
import type { World } from './world.ts';
import type { ControlClient } from '../worker/control/client.ts';

/** The running worker, for commands that make no sense without one. */
export interface RunningWorker {
  readonly control: ControlClient;
  readonly status: WorkerStatus;
}

/** How such a command ends without one. */
export const NO_WORKER_EXITS: readonly ExitNote[] = [
  { code: 69, means: 'no worker is running, or it does not answer' },
  { code: 78, means: 'the config file is invalid' },
];

/** @throws WorkerError `worker.not-running` | `worker.unresponsive` | `worker.incompatible` | `worker.other-config` */
export async function runningWorker(configPath: string | undefined, world: World): Promise<RunningWorker> {
  const config = await world.openConfig(configPath, { readOnly: true });
  const control = world.control(config.path);
  return { control, status: answerOrThrow(await control.ask('status', {})) };
}

/** The answer of a worker that has to be there. */
export function answerOrThrow<Answer>(asked: ControlResult<Answer>): Answer {
  if (asked.is === 'answered') return asked.answer;
  if (asked.is === 'failed') throw asked.error;
  throw new WorkerError('worker.not-running', 'no worker is running with this config', {
    hint: 'Start one with `studio-worker run`.',
  });
}
