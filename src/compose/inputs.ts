import { toWorkerError, WorkerError } from '../base/errors.ts';
import { MIB, SECOND_MS } from '../base/units.ts';
import type { FetchInput } from '../engines/inputs.ts';
import type { Http, HttpResponse } from '../system/http.ts';

/** No picture that an engine paints is larger. */
const MOST_BYTES = 64 * MIB;
const STALL_MS = 30 * SECOND_MS;

/** Fetches what a task names by URL: over https, or from this machine. */
export const inputFetcher =
  (http: Http): FetchInput =>
  async (url, signal) => {
    assertAllowed(url);
    const { status, statusText, body } = await get(http, url, signal);
    if (status >= 200 && status < 300) return body;
    const code = status === 404 || status === 410 ? 'download.missing' : 'download.failed';
    throw new WorkerError(code, `an input of the task cannot be fetched: ${status} ${statusText}`, {
      fields: { host: new URL(url).host, status },
    });
  };

async function get(http: Http, url: string, signal: AbortSignal): Promise<HttpResponse> {
  try {
    return await http.request({ method: 'GET', url, stallMs: STALL_MS, maxBodyBytes: MOST_BYTES, signal });
  } catch (thrown) {
    signal.throwIfAborted();
    const { message } = toWorkerError(thrown);
    throw new WorkerError('download.failed', `an input of the task cannot be fetched: ${message}`, { cause: thrown });
  }
}

/** Studio contract, download rules: https, or http to this machine. */
function assertAllowed(text: string): void {
  const url = URL.parse(text);
  if (url?.protocol === 'https:') return;
  if (url?.protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) return;
  throw new WorkerError('url.refused', 'an input URL of the task must use https (http is for this machine only)', {
    hint: 'Create the job with https URLs.',
  });
}
