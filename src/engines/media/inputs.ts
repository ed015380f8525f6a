import { WorkerError } from '../../base/errors.ts';
import { formatBytes, MIB, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Remote, RemoteAnswer } from '../../system/net/remote.ts';

/**
 * Fetches a file that a task names by URL; `what` it is, for people: `init image`, `audio`.
 *
 * @throws WorkerError `url.refused` | `download.failed` | `download.missing` | `download.too-large`; the signal's reason
 */
export type FetchInput = (what: string, url: string, signal: AbortSignal) => Promise<Uint8Array>;

/** No picture or recording that a task needs is larger; they are held in memory. */
export const MOST_INPUT_BYTES = 256 * MIB;
const STALL_MS = 30 * SECOND_MS;
/** Answers after which another try may help (RFC 9110 §15.5.9, RFC 8470, RFC 6585). */
const PASSES: ReadonlySet<number> = new Set([408, 425, 429]);

/** By the guarded way to URLs that somebody else chose. */
export const createInputFetcher =
  (remote: Remote, mostBytes = MOST_INPUT_BYTES): FetchInput =>
  async (what, url, signal) => {
    using answer = await remote.open({ what, url, stallMs: STALL_MS, signal });
    if (answer.status !== 200) throw statusError(what, url, answer.status);
    const told = Number(answer.headers['content-length'] ?? 0);
    if (told > mostBytes) throw tooLarge(what, url, mostBytes);
    const parts: Uint8Array[] = [];
    let sizeBytes = 0;
    for await (const chunk of answer.chunks) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > mostBytes) throw tooLarge(what, url, mostBytes);
      parts.push(chunk);
    }
    // A line that is cut between two chunks may look like an end.
    if (told > sizeBytes) throw new WorkerError('download.failed', `the ${what} of ${shownUrl(url)} came in part only`);
    return joined(parts, sizeBytes);
  };

function statusError(what: string, url: string, status: RemoteAnswer['status']): WorkerError {
  const code = status >= 500 || PASSES.has(status) ? 'download.failed' : 'download.missing';
  return new WorkerError(code, `GET ${shownUrl(url)} -> ${status}`, {
    hint: `Check the URL of the ${what} in the task.`,
    fields: { status },
  });
}

const tooLarge = (what: string, url: string, mostBytes: number): WorkerError =>
  new WorkerError('download.too-large', `the ${what} of ${shownUrl(url)} is larger than ${formatBytes(mostBytes)}`, {
    hint: `Create the job with a smaller ${what}.`,
  });

/** The parts of a body as one, of this many bytes together. */
export function joined(parts: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
