import { WorkerError } from '../base/errors.ts';
import { pause } from '../base/pause.ts';
import { MINUTE_MS } from '../base/units.ts';
import type { UpdateStatus } from '../contract/worker/update-status.ts';
import type { UpdateRequest } from '../release/update/updater.ts';
import type { Clock } from '../system/clock.ts';
import type { ControlClient } from '../worker/control/client.ts';
import type { WorkerStatus } from '../worker/status.ts';
import type { Move } from '../release/update/by-hand.ts';

interface Watching {
  readonly clock: Pick<Clock, 'after' | 'elapsed'>;
  /** A line for people about how far it is. */
  readonly report: (text: string) => void;
}

/** How often a worker is looked for that is just changing its version, and for how long. */
const POLL_MS = 250;
const CHANGE_WITHIN_MS = 4 * MINUTE_MS;

/**
 * Has the running worker move to another release, and follows it until it is there or back. Undefined when none runs.
 *
 * @throws WorkerError `update.failed` when it came back, and whatever the worker answered
 */
export async function followUpdate(
  request: UpdateRequest,
  control: ControlClient,
  watching: Watching,
): Promise<Move | undefined> {
  const before = await control.ask('status', {});
  if (before.is === 'not-running') return undefined;
  if (before.is === 'failed') throw before.error;
  const from = before.answer.version;
  const done = new AbortController();
  try {
    const events = await control.stream('subscribe', {}, done.signal);
    const asked = await control.ask('update', request);
    if (asked.is === 'failed') throw asked.error;
    if (asked.is === 'not-running' || asked.answer.is === 'current') return { from, to: undefined };
    const to = asked.answer.version;
    for await (const event of events) if (event.is === 'update') readStep(event.status, to, watching);
    return await afterChange({ from, to }, control, watching);
  } finally {
    done.abort();
  }
}

const STEPS: Readonly<Partial<Record<UpdateStatus['at'], string>>> = {
  downloading: 'downloading and verifying',
  draining: 'waiting for the running job to end',
  trial: 'trying',
};

/** Says what is going on. @throws WorkerError `update.failed` once the worker has given it up */
function readStep(status: UpdateStatus, to: string, { report }: Watching): void {
  const what = STEPS[status.at];
  if (what !== undefined) report(`${to}: ${what}`);
  const isOver = ['idle', 'off', 'rolled-back', 'shelved'].includes(status.at);
  if (isOver) throw failed(to, status.because ?? 'the running job did not end in time');
}

/** The old worker has ended, so that the new one may come; one of the two is there in a moment. */
async function afterChange(
  move: { readonly from: string; readonly to: string },
  control: ControlClient,
  { clock }: Watching,
): Promise<Move> {
  for (const untilMs = clock.elapsed() + CHANGE_WITHIN_MS; clock.elapsed() < untilMs; await pause(clock, POLL_MS)) {
    const asked = await control.ask('status', {});
    if (asked.is === 'answered' && isSettled(asked.answer)) {
      if (asked.answer.version === move.to) return move;
      throw failed(move.to, asked.answer.update?.because);
    }
  }
  throw failed(move.to, 'no worker answers any more');
}

const isSettled = ({ update }: WorkerStatus): boolean => update?.at !== 'trial' && update?.at !== 'swapping';

const failed = (version: string, because = 'the worker came back as it was'): WorkerError =>
  new WorkerError('update.failed', `${version} was not installed: ${because}`);
