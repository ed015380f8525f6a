import { unlessAborted } from '../../base/abort.ts';
import { WorkerError } from '../../base/errors.ts';
import type { FileProgress } from './options.ts';

type ProgressListener = (progress: FileProgress) => void;

interface SharedDownload {
  readonly work: Promise<string>;
  readonly abort: AbortController;
  readonly listeners: Set<ProgressListener>;
}

/** One download for all callers that want the same file. */
export class SharedDownloads {
  readonly #underway = new Map<string, SharedDownload>();

  /**
   * Joins the download to this path, or starts it. It continues as long as anybody waits for it: a caller that aborts
   * leaves it to the others, and the last one to leave aborts it.
   */
  async join(
    path: string,
    start: (signal: AbortSignal, report: ProgressListener) => Promise<string>,
    caller: { readonly signal: AbortSignal; readonly report: ProgressListener },
  ): Promise<string> {
    const download = this.#underway.get(path) ?? this.#start(path, start);
    download.listeners.add(caller.report);
    try {
      return await unlessAborted(download.work, caller.signal);
    } finally {
      download.listeners.delete(caller.report);
      if (download.listeners.size === 0) {
        download.abort.abort(new WorkerError('job.cancelled', 'nobody waits for this download any more'));
        // The next caller restarts, and waits for the lock that this one still holds for a moment.
        if (this.#underway.get(path) === download) this.#underway.delete(path);
      }
    }
  }

  #start(path: string, start: (signal: AbortSignal, report: ProgressListener) => Promise<string>): SharedDownload {
    const abort = new AbortController();
    const listeners = new Set<ProgressListener>();
    const report: ProgressListener = (progress) => {
      for (const listener of listeners) listener(progress);
    };
    const work = start(abort.signal, report);
    const download: SharedDownload = { work, abort, listeners };
    work.catch(() => {}); // each caller gets the failure by itself
    this.#underway.set(path, download);
    return download;
  }
}
