import { WorkerError } from '../../base/errors.ts';
import type { Interruptible } from '../../cli/world/chat.ts';
import { onStopSignals } from '../../system/process/signals.ts';

/** On this process's own signals. */
export const interruptible: Interruptible = async (work) => {
  const stopping = new AbortController();
  let mayStay = true;
  const unfollow = onStopSignals((signal, count) => {
    if (signal !== 'SIGINT' || count > 1) mayStay = false;
    stopping.abort(new WorkerError('job.cancelled', 'it was interrupted'));
  });
  try {
    return { is: 'done', value: await work(stopping.signal) };
  } catch (thrown) {
    if (stopping.signal.aborted) return { is: 'interrupted', mayStay };
    throw thrown;
  } finally {
    unfollow();
  }
};
