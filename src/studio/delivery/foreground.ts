import type { JobId } from '../../base/ids.ts';
import { pause } from '../../base/pause.ts';
import { fail } from '../../contract/frames/outbound.ts';
import type { Credentials } from '../session/session.ts';
import { keepArtifact, ensureKept, logUnauthorized } from './ownership.ts';
import type { DeliveryReport } from '../../jobs/delivery-report.ts';
import type { DeliveryDeps } from './deps.ts';
import type { ArtifactUpload } from './multipart-body.ts';
import type { OutboxEntry } from './entry.ts';
import { describeAnswer, judgeForeground, retryAfterOf, type ForegroundVerdict, type UploadAnswer } from './policy.ts';
import { upload } from './upload.ts';

/** A finished artifact whose slot is still held; `entry` is missing when it could not be written to disk. */
interface PendingUpload {
  readonly artifact: ArtifactUpload;
  readonly entry: OutboxEntry | undefined;
}

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
  if (credentials === undefined) return discard(artifact, deps, 'there is no studio to send it to');
  const { jobId } = artifact;
  let left: { readonly retryAfterMs: number } | undefined;
  reservation.take(jobId);
  try {
    const first = await keepArtifact(artifact, credentials, deps);
    if (first !== undefined) left = { retryAfterMs: 0 };
    const { answer, verdict } = await uploadWithRetries({ artifact, credentials }, deps, signal);
    const stays = verdict.is === 'exhausted' || verdict.is === 'unauthorized';
    const entry = stays ? await ensureKept(first, { artifact, credentials }, deps) : first;
    const report = conclude({ artifact, entry }, answer, verdict, deps);
    if (verdict.is === 'delivered' || verdict.is === 'not-held') {
      left = undefined;
      if (entry !== undefined) await deps.outbox.remove(entry);
    } else if (verdict.is === 'refused') {
      left = undefined;
      if (entry !== undefined) await deps.outbox.setAside(entry, describeAnswer(answer));
    } else if (entry !== undefined) {
      // A rejected token is not healed by time: the next welcome, with a token that works, is early enough.
      left = verdict.is === 'exhausted' ? { retryAfterMs: retryAfterOf(answer) } : undefined;
    }
    return report;
  } finally {
    reservation.release(jobId, left);
  }
}

interface UploadResult {
  readonly answer: UploadAnswer;
  readonly verdict: Exclude<ForegroundVerdict, { readonly is: 'retry' }>;
}

async function uploadWithRetries(
  { artifact, credentials }: { readonly artifact: ArtifactUpload; readonly credentials: Credentials },
  deps: DeliveryDeps,
  signal: AbortSignal,
): Promise<UploadResult> {
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

/** Logs the verdict and, where the studio waits for an answer, reports to it. */
function conclude(
  pending: PendingUpload,
  answer: UploadAnswer,
  verdict: UploadResult['verdict'],
  deps: DeliveryDeps,
): DeliveryReport {
  const { jobId } = pending.artifact;
  const error = describeAnswer(answer);
  switch (verdict.is) {
    case 'delivered':
      return { is: 'delivered' };
    case 'not-held': {
      // No `fail` frame: one about a job that the studio does not hold for us costs the session.
      const because = 'the studio does not hold this job for us';
      deps.log.warn('result.discarded', { jobId, because, error });
      return { is: 'discarded', because };
    }
    case 'unauthorized':
      logUnauthorized(pending.artifact, answer, deps);
      return keepOrDiscard(pending, error, deps);
    case 'refused':
      return discard(pending.artifact, deps, error);
    case 'exhausted':
      return keepOrDiscard(pending, error, deps);
    default:
      return verdict satisfies never;
  }
}

/** The studio may give the job to another worker; the result stays here in case it is the first to arrive after all. */
function keepOrDiscard({ artifact, entry }: PendingUpload, error: string, deps: DeliveryDeps): DeliveryReport {
  if (entry === undefined) return discard(artifact, deps, `${error}; it could not be kept on disk`, error);
  const { jobId } = artifact;
  if (!deps.claims.send(fail(jobId, error, true))) deps.log.warn('failure.not-sent', { jobId, error });
  deps.log.warn('result.kept', { jobId, because: error });
  return { is: 'kept', because: error };
}

/** Another worker may succeed where this result is of no use, so the studio receives a failure. */
function discard({ jobId }: ArtifactUpload, deps: DeliveryDeps, because: string, error = because): DeliveryReport {
  if (!deps.claims.send(fail(jobId, error, true))) deps.log.warn('failure.not-sent', { jobId, error });
  deps.log.error('result.discarded', { jobId, because });
  return { is: 'discarded', because };
}
