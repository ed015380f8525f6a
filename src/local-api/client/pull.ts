import { WorkerError } from '../../base/errors.ts';
import type { FileProgress } from '../../models/store/options.ts';
import { readEvent } from '../contract/events.ts';
import type { Pull } from '../contract/models.ts';
import type { ApiClient } from './client.ts';

interface Pulling {
  readonly onProgress: (progress: FileProgress) => void;
  /** Ends the download in the worker, too. */
  readonly signal: AbortSignal;
}

const CANCELLED = new WorkerError('job.cancelled', 'the download was cancelled in the running worker', {
  hint: 'Run the command again to resume it.',
});

/**
 * Has the running worker download a model of its catalogue, and follows it to its end.
 *
 * @throws WorkerError `download.failed` | `job.cancelled` | `worker.unresponsive` | as `ApiClient.call`; rejects with the
 * signal's reason
 */
export async function pullInWorker(api: ApiClient, id: string, { onProgress, signal }: Pulling): Promise<void> {
  const params = { id };
  const cancel = (): void => void api.call('cancelPull', { params }).catch(() => {}); // nobody is left to tell
  signal.addEventListener('abort', cancel, { once: true });
  try {
    const first = await api.call('pullModel', { params });
    await follow(api, { id, first, onProgress });
  } catch (thrown) {
    signal.throwIfAborted();
    throw thrown;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

interface Following extends Pick<Pulling, 'onProgress'> {
  readonly id: string;
  readonly first: Pull;
}

/** Until it has ended. What was missed is read from the list of models. */
async function follow(api: ApiClient, { id, first, onProgress }: Following): Promise<void> {
  const events = api.events('events');
  const isOver = (pull: Pull | null | undefined): boolean => {
    if (pull === null || pull === undefined) return false;
    if (pull.filename !== '') onProgress(progressOf(pull));
    if (pull.state === 'failed') throw failed(pull);
    if (pull.state === 'cancelled') throw CANCELLED;
    return pull.state !== 'running';
  };
  if (isOver(first)) return;
  for await (const event of events) {
    const [read] = readEvent(event);
    const hasMissed = read?.event === 'status' || read?.event === 'missed';
    const ours = read?.event === 'pull' && read.data.id === id ? read.data.pull : undefined;
    if (isOver(hasMissed ? await pullOf(api, id) : ours)) return;
  }
  throw new WorkerError('worker.unresponsive', 'the worker ended before the download did', {
    hint: 'Run the command again to resume the download.',
  });
}

const pullOf = async (api: ApiClient, id: string): Promise<Pull | null | undefined> =>
  (await api.call('models')).find((model) => model.id === id)?.pull;

const progressOf = ({ filename, phase, state, doneBytes, totalBytes }: Pull): FileProgress => ({
  filename,
  phase: state === 'done' ? 'ready' : phase,
  doneBytes,
  totalBytes: totalBytes ?? undefined,
});

const failed = ({ error = 'the download failed', hint }: Pull): WorkerError =>
  new WorkerError('download.failed', error, hint === undefined ? {} : { hint });
