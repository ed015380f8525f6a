import { readLimited } from '../../base/bytes.ts';
import { WorkerError } from '../../base/errors.ts';
import { passesByItself } from '../../base/http-answer.ts';
import { formatBytes, MIB, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Remote, RemoteAnswer } from '../../system/net/remote/remote.ts';

/**
 * Fetches a file that a task names by URL; `what` it is, for people: `init image`, `audio`.
 *
 * @throws WorkerError `url.refused` | `download.failed` | `download.missing` | `download.too-large`; the signal's reason
 */
export type FetchInput = (what: string, url: string, signal: AbortSignal) => Promise<Uint8Array>;

/** No image or recording that a task needs is larger; they are held in memory. */
export const MAX_INPUT_BYTES = 256 * MIB;
const STALL_MS = 30 * SECOND_MS;

/** By the guarded way to URLs that somebody else chose. */
export const createInputFetcher =
  (remote: Remote, maxBytes = MAX_INPUT_BYTES): FetchInput =>
  async (what, url, signal) => {
    using answer = await remote.open({ what, url, stallMs: STALL_MS, signal });
    if (answer.status !== 200) throw statusError(what, url, answer.status);
    const declared = Number(answer.headers['content-length'] ?? 0);
    if (declared > maxBytes) throw tooLarge(what, url, maxBytes);
    const body = await readLimited(answer.chunks, { maxBytes, tooLarge: () => tooLarge(what, url, maxBytes) });
    // A connection that is cut between two chunks may look like an end.
    if (declared > body.byteLength) {
      throw new WorkerError('download.failed', `the ${what} of ${shownUrl(url)} arrived only in part`);
    }
    return body;
  };

function statusError(what: string, url: string, status: RemoteAnswer['status']): WorkerError {
  const code = passesByItself(status) ? 'download.failed' : 'download.missing';
  return new WorkerError(code, `GET ${shownUrl(url)} -> ${status}`, {
    hint: `Check the URL of the ${what} in the task.`,
    fields: { status },
  });
}

const tooLarge = (what: string, url: string, maxBytes: number): WorkerError =>
  new WorkerError('download.too-large', `the ${what} of ${shownUrl(url)} is larger than ${formatBytes(maxBytes)}`, {
    hint: `Create the job with a smaller ${what}.`,
  });
