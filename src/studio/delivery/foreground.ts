import type { JobId } from '../../base/ids.ts';
import { pause } from '../../base/pause.ts';
import { fail } from '../../contract/frames/outbound.ts';
import type { Credentials } from '../session/session.ts';
import { keep, ownerOf } from './ownership.ts';
import type { DeliveryReport } from './delivery.ts';
import type { DeliveryDeps } from './deps.ts';
import type { Artifact } from './multipart.ts';
import type { OutboxEntry } from './outbox.ts';
import { describeAnswer, judgeForeground, retryAfterOf, type UploadAnswer, type Verdict } from './policy.ts';
import { upload } from './upload.ts';

/** A finished artifact whose slot is still held; `entry` is missing when the disk had no room for it. */
interface Parcel {
  readonly artifact: Artifact;
  readonly credentials: Credentials;
  readonly entry: OutboxEntry | undefined;
}

/** Keeps the background off the result of a job that uploads it itself. */
export interface Reservation {
  take(jobId: JobId): void;
  /** Lets the background have what is left; with `left`, it is to try again, no earlier than the studio asked. */
  release(jobId: JobId, left?: { readonly retryAfterMs: number }): void;
}

/**
 * Uploads an artifact while its job still holds the slot: to disk first, then up to three tries. Never throws.
 * What is left on disk afterwards is the background's, see `background.ts`.
 */
export async function uploadNow(
  artifact: Artifact,
  deps: DeliveryDeps,
  reservation: Reservation,
  signal: AbortSignal,
): Promise<DeliveryReport> {
  const credentials = deps.credentials();
  if (credentials === undefined) return drop(artifact, deps, 'there is no studio to send it to');
  const { jobId, ext, prompt, bytes, ranOn } = artifact;
  let left: { readonly retryAfterMs: number } | undefined;
  reservation.take(jobId);
  try {
    const entry = await keep({ jobId, kind: 'artifact', ext, prompt, ranOn, ...ownerOf(credentials) }, bytes, deps);
    const parcel: Parcel = { artifact, credentials, entry };
    if (entry !== undefined) left = { retryAfterMs: 0 };
    const { answer, verdict } = await tryUpload(parcel, deps, signal);
    const report = conclude(parcel, answer, verdict, deps);
    if (verdict.is === 'delivered' || verdict.is === 'not-held' || verdict.is === 'final') {
      left = undefined;
      if (entry !== undefined) await deps.outbox.remove(entry);
    } else if (entry !== undefined) {
      // A refused token is not healed by time: the next welcome, with a token that works, is early enough.
      left = verdict.is === 'exhausted' ? { retryAfterMs: retryAfterOf(answer) } : undefined;
    }
    return report;
  } finally {
    reservation.release(jobId, left);
  }
}

interface Tried {
  readonly answer: UploadAnswer;
  readonly verdict: Exclude<Verdict, { readonly is: 'retry' }>;
}

async function tryUpload({ artifact, credentials }: Parcel, deps: DeliveryDeps, signal: AbortSignal): Promise<Tried> {
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

/** Says what came of it, to the log and, where the studio waits for a word, to the studio. */
function conclude(parcel: Parcel, answer: UploadAnswer, verdict: Tried['verdict'], deps: DeliveryDeps): DeliveryReport {
  const { jobId } = parcel.artifact;
  const error = describeAnswer(answer);
  switch (verdict.is) {
    case 'delivered':
      return { is: 'delivered' };
    case 'not-held': {
      // No `fail` frame: one about a job that the studio does not hold for us costs the session.
      const because = 'the studio does not hold this job for us';
      deps.log.warn('result.dropped', { jobId, because, error });
      return { is: 'dropped', because };
    }
    case 'unauthorized':
      logUnauthorized(parcel.artifact, answer, deps);
      return reportFailure(parcel, error, deps);
    case 'final':
      deps.log.error('result.dropped', { jobId, because: error });
      return deps.sender.send(fail(jobId, error, true)) ? { is: 'reported' } : { is: 'dropped', because: error };
    case 'exhausted':
      return reportFailure(parcel, error, deps);
    default:
      return verdict satisfies never;
  }
}

/** The studio may give the job to another worker; the result stays here in case it is the first to arrive after all. */
function reportFailure(parcel: Parcel, error: string, deps: DeliveryDeps): DeliveryReport {
  const { jobId } = parcel.artifact;
  const reported = deps.sender.send(fail(jobId, error, true));
  if (!reported) deps.log.warn('failure.not-sent', { jobId, error });
  if (parcel.entry === undefined) deps.log.error('result.dropped', { jobId, because: `${error}; no room to keep it` });
  else deps.log.warn('result.kept', { jobId, because: error });
  if (reported) return { is: 'reported' };
  return parcel.entry === undefined ? { is: 'dropped', because: error } : { is: 'kept', because: error };
}

function drop({ jobId }: Artifact, deps: DeliveryDeps, because: string): DeliveryReport {
  deps.log.error('result.dropped', { jobId, because });
  return deps.sender.send(fail(jobId, because, true)) ? { is: 'reported' } : { is: 'dropped', because };
}

/** The operator has to act: the studio refuses our token, while the result itself is fine. */
export function logUnauthorized({ jobId }: Pick<Artifact, 'jobId'>, answer: UploadAnswer, deps: DeliveryDeps): void {
  const status = answer.is === 'answered' ? answer.status : 0;
  deps.log.error('delivery.unauthorized', {
    jobId,
    status,
    hint: 'Run `studio-worker status`; when the worker is not approved any more, run `studio-worker register --reset`.',
  });
}
