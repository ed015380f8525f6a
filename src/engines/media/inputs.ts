import { readLimited } from '../../base/bytes.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { contentCodingsOf, isTransientStatus } from '../../base/http-answer.ts';
import { formatBytes, MIB, SECOND_MS } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { Remote, RemoteAnswer } from '../../system/net/remote/remote.ts';
import { canUnpack, unpack } from './unpack.ts';

/**
 * Fetches a file that a task names by URL; `what` it is, for people: `init image`, `audio`.
 *
 * @throws WorkerError `url.refused` | `download.failed` | `download.missing` | `download.too-large`; the signal's reason
 */
export type FetchInput = (what: string, url: string, signal: AbortSignal) => Promise<Uint8Array>;

/** No image or recording that a task needs is larger; they are held in memory. */
export const MAX_INPUT_BYTES = 256 * MIB;
const STALL_MS = 30 * SECOND_MS;

/** By the guarded way to URLs that somebody else chose. What a server stored packed is unpacked, within the same limit. */
export const createInputFetcher =
  (remote: Remote, maxBytes = MAX_INPUT_BYTES): FetchInput =>
  async (what, url, signal) => {
    using answer = await remote.open({ what, url, stallMs: STALL_MS, signal });
    if (!isWhole(answer)) throw statusError(what, url, answer.status);
    const packings = contentCodingsOf(answer.headers['content-encoding']);
    if (!canUnpack(packings)) throw packedOtherwise(what, url, packings);
    const declared = Number(answer.headers['content-length'] ?? 0);
    const limit = { maxBytes, tooLarge: () => tooLarge(what, url, maxBytes) };
    if (declared > maxBytes) throw limit.tooLarge();
    const body = await readLimited(answer.chunks, limit);
    // A connection that is cut between two chunks may look like an end.
    if (declared > body.byteLength) {
      throw new WorkerError('download.failed', `the ${what} of ${shownUrl(url)} arrived only in part`);
    }
    return unpack(body, packings, limit).catch((thrown: unknown) => {
      throw thrown instanceof WorkerError ? thrown : damaged(what, url, thrown);
    });
  };

/** Whether an answer holds the file from its first byte to its last (RFC 9110 §15.3). */
function isWhole({ status, headers }: RemoteAnswer): boolean {
  if (status === 200 || status === 203) return true;
  const [, last, total] = /^bytes 0-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '') ?? [];
  return status === 206 && last !== undefined && Number(last) + 1 === Number(total);
}

function statusError(what: string, url: string, status: RemoteAnswer['status']): WorkerError {
  const code = isTransientStatus(status) ? 'download.failed' : 'download.missing';
  return new WorkerError(code, `GET ${shownUrl(url)} -> ${status}`, {
    hint: `Check the URL of the ${what} in the task.`,
    fields: { status },
  });
}

const tooLarge = (what: string, url: string, maxBytes: number): WorkerError =>
  new WorkerError('download.too-large', `the ${what} of ${shownUrl(url)} is larger than ${formatBytes(maxBytes)}`, {
    hint: `Create the job with a smaller ${what}.`,
  });

const packedOtherwise = (what: string, url: string, packings: readonly string[]): WorkerError =>
  new WorkerError('download.missing', `the ${what} of ${shownUrl(url)} is packed as ${packings.join(', ')}`, {
    hint: `Serve the ${what} as it is, or packed by gzip, deflate, br or zstd.`,
  });

const damaged = (what: string, url: string, cause: unknown): WorkerError =>
  new WorkerError('download.failed', `the ${what} of ${shownUrl(url)} cannot be unpacked: ${errorChain(cause)}`, {
    cause,
    hint: `Check the file that the URL of the ${what} leads to.`,
  });
