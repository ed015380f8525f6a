import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { pause } from '../../base/pause.ts';
import { SECOND_MS } from '../../base/units.ts';
import { completionRoute, studioUrl } from '../../contract/routes.ts';
import type { DeliveryReport } from '../../jobs/delivery-report.ts';
import type { Clock } from '../../system/clock.ts';
import type { Http } from '../../system/net/http.ts';
import type { Random } from '../../system/random.ts';
import type { Credentials } from '../session/session.ts';
import type { DeliveryDeps } from './deps.ts';
import { type ArtifactUpload, multipartBody } from './multipart-body.ts';
import { ensureKept, keepArtifact } from './ownership.ts';
import { answerOf, describeAnswer, judgeForeground, retryAfterOf, type UploadAnswer } from './policy.ts';
import { concludeUpload, discardArtifact, type UploadEnd } from './upload-report.ts';

/** Keeps the background off the result of a job that uploads it itself. */
export interface Reservation {
  take(jobId: JobId): void;
  /** Leaves the job to the background; with `left` there is something to retry, no earlier than the studio asked. */
  release(jobId: JobId, left?: { readonly retryAfterMs: number }): void;
}

/**
 * Uploads an artifact while its job still holds the slot: to disk first, then up to three attempts. Never throws.
 * What is left on disk afterwards is the background's, see `background.ts`.
 */
export async function deliverArtifact(
  artifact: ArtifactUpload,
  deps: DeliveryDeps,
  reservation: Reservation,
  signal: AbortSignal,
): Promise<DeliveryReport> {
  const credentials = deps.credentials();
  if (credentials === undefined) return discardArtifact(artifact, deps, 'there is no studio to send it to');
  const { jobId } = artifact;
  let left: { readonly retryAfterMs: number } | undefined;
  reservation.take(jobId);
  try {
    const first = await keepArtifact(artifact, credentials, deps);
    if (first !== undefined) left = { retryAfterMs: 0 };
    const { answer, verdict } = await uploadWithRetries({ artifact, credentials }, deps, signal);
    const stays = verdict.is === 'exhausted' || verdict.is === 'unauthorized';
    const entry = stays ? await ensureKept(first, { artifact, credentials }, deps) : first;
    // A rejected token is not healed by time: the next welcome, with a token that works, is early enough.
    const mayHeal = verdict.is === 'exhausted' && entry !== undefined;
    left = mayHeal ? { retryAfterMs: retryAfterOf(answer) } : undefined;
    return await concludeUpload({ artifact, entry }, { answer, verdict }, deps);
  } finally {
    reservation.release(jobId, left);
  }
}

async function uploadWithRetries(
  { artifact, credentials }: { readonly artifact: ArtifactUpload; readonly credentials: Credentials },
  deps: DeliveryDeps,
  signal: AbortSignal,
): Promise<UploadEnd> {
  const startedMs = deps.clock.elapsed();
  for (let attempt = 1, waitedMs = 0; ; attempt++) {
    const answer = await upload(artifact, credentials, deps, signal);
    const verdict =
      signal.aborted && answer.is === 'unreachable' ? EXHAUSTED : judgeForeground(answer, attempt, waitedMs);
    if (verdict.is === 'delivered') {
      const durationMs = Math.round(deps.clock.elapsed() - startedMs);
      deps.log.info('artifact.uploaded', { jobId: artifact.jobId, sizeBytes: artifact.bytes.byteLength, durationMs });
    }
    if (verdict.is !== 'retry') return { answer, verdict };
    deps.log.warn('delivery.retried', {
      jobId: artifact.jobId,
      error: describeAnswer(answer),
      attempt,
      retryInMs: verdict.afterMs,
    });
    await pause(deps.clock, verdict.afterMs, signal);
    waitedMs += verdict.afterMs;
  }
}

const EXHAUSTED = { is: 'exhausted' } as const;

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
  { apiBaseUrl, workerId, authToken }: Credentials,
  { http, random, clock, studioOffers, stallMs = STALL_MS }: UploadDeps,
  signal: AbortSignal,
): Promise<UploadAnswer> {
  try {
    // A studio that does not know the part might reject the whole upload for it.
    const { ranOn, ...plain } = artifact;
    const sent = multipartBody(studioOffers('generationMeta') ? { ...plain, ranOn } : plain, random);
    const response = await http.request({
      method: 'POST',
      url: studioUrl(apiBaseUrl, completionRoute(workerId, artifact.jobId)) ?? apiBaseUrl,
      headers: { authorization: `Bearer ${authToken}`, 'content-type': sent.contentType },
      body: sent.parts,
      stallMs,
      signal,
    });
    return answerOf(response, clock.now());
  } catch (thrown) {
    return { is: 'unreachable', error: errorChain(thrown) };
  }
}
