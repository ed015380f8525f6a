import { WorkerError } from '../../base/errors.ts';
import { readEvent } from '../contract/events.ts';
import type { ModelState } from '../contract/models.ts';
import type { ApiClient } from './client.ts';

/**
 * Has the running worker take a model of its catalogue into memory, and waits until it is there.
 *
 * @throws WorkerError `engine.failed` with why it was not loaded | `worker.unresponsive` | as `ApiClient.call`
 */
export async function loadInWorker(api: ApiClient, id: string): Promise<void> {
  const params = { id };
  const events = api.events('events');
  try {
    await events.next(); // from here on nothing is missed
    if ((await api.call('loadModel', { params })).state === 'loaded') return;
    for (let at = await stateOf(api, id); !isThere(at); at = await stateOf(api, id)) await nextChange(events);
  } finally {
    await events.return(undefined);
  }
}

const stateOf = (api: ApiClient, id: string): Promise<ModelState> => api.call('modelState', { params: { id } });

function isThere({ id, state, error }: ModelState): boolean {
  if (state === 'loaded') return true;
  if (state === 'loading') return false;
  throw new WorkerError('engine.failed', `${id} was not loaded: ${error ?? 'it was unloaded at once'}`, {
    hint: 'Read the log of the worker: `studio-worker logs`.',
  });
}

/** Until an event after which a model may stand elsewhere. */
async function nextChange(events: ReturnType<ApiClient['events']>): Promise<void> {
  for (;;) {
    const { done, value } = await events.next();
    if (done === true) {
      throw new WorkerError('worker.unresponsive', 'the worker ended before the model was loaded', {
        hint: 'Read its log, then run the command again.',
      });
    }
    const name = readEvent(value)[0]?.event;
    if (name === 'models' || name === 'status' || name === 'missed') return;
  }
}
