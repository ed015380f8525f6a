import { WorkerError } from '../../base/errors.ts';
import { contentCodingsOf, isTransientStatus, retryAfterMs } from '../../base/http-answer.ts';
import { formatBytes } from '../../base/units.ts';
import { shownUrl } from '../../base/urls.ts';
import type { RemoteAnswer } from '../../system/net/remote/remote.ts';
import type { FileVersion } from './partial-file.ts';
import type { DownloadRequest } from './request.ts';

/** No model is larger, and the list of its blocks would be a burden of its own. */
const MAX_BYTES = 4e12;

/** What an answer to a request for a range turned out to be. */
export type RangeAnswer =
  | { readonly is: 'part'; readonly version: FileVersion }
  /** The file from its start: the server supports no ranges, or has another file than before (RFC 9110 §13.1.5). */
  | { readonly is: 'whole'; readonly sizeBytes: number | undefined }
  /** No such range: the file is empty, or shorter than it was. */
  | { readonly is: 'no-range' };

/**
 * Reads status and headers of an answer. What a digest is known for is judged by that, whatever type the server gives it.
 *
 * @throws WorkerError `download.failed` | `download.missing` | `download.too-large` | `model.not-a-model`
 */
export function readAnswer(
  answer: RemoteAnswer,
  { url, sha256 }: Pick<DownloadRequest, 'url' | 'sha256'>,
  startAt: number,
  nowMs: number,
): RangeAnswer {
  const { status, headers } = answer;
  if (status === 416) return { is: 'no-range' };
  if (status !== 200 && status !== 203 && status !== 206) throw statusError(answer, url, nowMs);
  if (sha256 === undefined && /^text\/html\b/i.test(headers['content-type'] ?? '')) {
    throw new WorkerError('model.not-a-model', `${shownUrl(url)} answers with a web page instead of a model`, {
      hint: 'Give the model source the URL of the file itself, and one that needs no login.',
    });
  }
  const packings = contentCodingsOf(headers['content-encoding']);
  if (packings.length > 0) {
    // We accept none. Ranges and checksum would be those of another file than the one that is meant.
    throw new WorkerError(
      'model.not-a-model',
      `${shownUrl(url)} answers with a ${packings.join(', ')} copy of the file`,
      {
        hint: 'Give the model source a URL that serves the file as it is.',
      },
    );
  }
  if (status !== 206) return { is: 'whole', sizeBytes: toCount(headers['content-length']) };
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers['content-range'] ?? '') ?? [];
  const sizeBytes = toCount(total);
  if (sizeBytes === undefined || Number(start) !== startAt) return { is: 'no-range' };
  if (sizeBytes > MAX_BYTES) {
    throw new WorkerError('download.too-large', `${shownUrl(url)} claims a size of ${formatBytes(sizeBytes)}`, {
      hint: 'Give the model source a URL whose server reports the size of the file.',
    });
  }
  return { is: 'part', version: { sizeBytes, validator: validatorOf(headers) } };
}

const toCount = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

/** A weak ETag is of no use: it may stay the same while bytes change (RFC 9110 §8.8.1). */
function validatorOf(headers: RemoteAnswer['headers']): string | undefined {
  const { etag } = headers;
  return etag !== undefined && !etag.startsWith('W/') ? etag : headers['last-modified'];
}

function statusError({ status, headers }: RemoteAnswer, url: string, nowMs: number): WorkerError {
  const passes = isTransientStatus(status); // any other refusal is about the URL itself
  const waitMs = retryAfterMs(headers['retry-after'], nowMs);
  return new WorkerError(passes ? 'download.failed' : 'download.missing', `GET ${shownUrl(url)} -> ${status}`, {
    fields: { status, ...(waitMs === undefined ? {} : { waitMs }) },
    ...(passes ? {} : { hint: 'Check the URL in the model source: the server refuses this file.' }),
  });
}
