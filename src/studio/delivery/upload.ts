import { errorChain } from '../../base/errors.ts';
import { retryAfterMs } from '../../base/http-answer.ts';
import { SECOND_MS } from '../../base/units.ts';
import { studioUrl } from '../../contract/routes.ts';
import type { Clock } from '../../system/clock.ts';
import type { Http } from '../../system/net/http.ts';
import type { Random } from '../../system/random.ts';
import type { DeliveryDeps } from './deps.ts';
import type { Credentials } from '../session/session.ts';
import { type ArtifactUpload, multipartBody } from './multipart-body.ts';
import type { UploadAnswer } from './policy.ts';

/** What one upload takes. */
export interface UploadDeps extends Pick<DeliveryDeps, 'studioOffers'> {
  readonly http: Http;
  readonly random: Pick<Random, 'hex'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Cuts an upload that moved no byte for this long; 30 s when left out. */
  readonly stallMs?: number;
}

const STALL_MS = 30 * SECOND_MS;

/** Sends an artifact once. Never throws: without an answer, why there is none is the answer. */
export async function upload(
  artifact: ArtifactUpload,
  credentials: Credentials,
  deps: UploadDeps,
  signal: AbortSignal,
): Promise<UploadAnswer> {
  try {
    // A studio that does not know the part might reject the whole upload for it.
    const { ranOn, ...plain } = artifact;
    const sent = multipartBody(deps.studioOffers('generationMeta') ? { ...plain, ranOn } : plain, deps.random);
    const response = await deps.http.request({
      method: 'POST',
      url: completeUrl(artifact, credentials),
      headers: { authorization: `Bearer ${credentials.authToken}`, 'content-type': sent.contentType },
      body: sent.parts,
      stallMs: deps.stallMs ?? STALL_MS,
      signal,
    });
    const body = new TextDecoder().decode(response.body);
    const waitMs = retryAfterMs(response.headers['retry-after'], deps.clock.now());
    return {
      is: 'answered',
      status: response.status,
      statusText: response.statusText,
      body,
      isWebPage: isWebPage(response.headers['content-type'] ?? '', body),
      ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    };
  } catch (thrown) {
    return { is: 'unreachable', error: errorChain(thrown) };
  }
}

/**
 * By its type, or by how it begins: not every portal names the type of its page, and pages begin with comments, scripts
 * or their head as well. What a studio answers is JSON, which never begins so.
 */
const isWebPage = (contentType: string, body: string): boolean =>
  /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType) || /^\s*<[!?a-z]/i.test(body);

/** Ids are opaque: percent-encoded, and made well-formed first, since half a surrogate pair cannot be encoded. */
function completeUrl({ jobId }: ArtifactUpload, { apiBaseUrl, workerId }: Credentials): string {
  const segment = (id: string): string => encodeURIComponent(id.toWellFormed());
  const route = `/workers/${segment(workerId)}/jobs/${segment(jobId)}/complete`;
  return studioUrl(apiBaseUrl, route) ?? apiBaseUrl;
}
