import { fail } from '../../contract/frames/outbound.ts';
import type { DeliveryReport } from '../../jobs/delivery-report.ts';
import type { DeliveryDeps } from './deps.ts';
import type { OutboxEntry } from './entry.ts';
import type { ArtifactUpload } from './multipart-body.ts';
import { logUnauthorized } from './ownership.ts';
import { describeAnswer, type ForegroundVerdict, type UploadAnswer } from './policy.ts';

/** A finished artifact whose slot is still held; `entry` is missing when it could not be written to disk. */
interface PendingUpload {
  readonly artifact: ArtifactUpload;
  readonly entry: OutboxEntry | undefined;
}

/** The last answer to an upload, and what it means for the result. */
export interface UploadEnd {
  readonly answer: UploadAnswer;
  readonly verdict: Exclude<ForegroundVerdict, { readonly is: 'retry' }>;
}

/** Reports an upload that ended, to the studio where it waits for an answer, and clears the disk of a result that is done with. */
export async function concludeUpload(
  pending: PendingUpload,
  { answer, verdict }: UploadEnd,
  deps: DeliveryDeps,
): Promise<DeliveryReport> {
  const report = reportUpload(pending, { answer, verdict }, deps);
  const { entry } = pending;
  if (entry === undefined) return report;
  if (verdict.is === 'delivered' || verdict.is === 'not-held') await deps.outbox.remove(entry);
  if (verdict.is === 'refused') await deps.outbox.setAside(entry, describeAnswer(answer));
  return report;
}

/** Logs the verdict and, where the studio waits for an answer, reports to it. */
function reportUpload(pending: PendingUpload, { answer, verdict }: UploadEnd, deps: DeliveryDeps): DeliveryReport {
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
      return discardArtifact(pending.artifact, deps, error);
    case 'exhausted':
      return keepOrDiscard(pending, error, deps);
    default:
      return verdict satisfies never;
  }
}

/** The studio may give the job to another worker; the result stays here in case it is the first to arrive after all. */
function keepOrDiscard({ artifact, entry }: PendingUpload, error: string, deps: DeliveryDeps): DeliveryReport {
  if (entry === undefined) return discardArtifact(artifact, deps, `${error}; it could not be kept on disk`, error);
  const { jobId } = artifact;
  if (!deps.claims.send(fail(jobId, error, true))) deps.log.warn('failure.not-sent', { jobId, error });
  deps.log.warn('result.kept', { jobId, because: error });
  return { is: 'kept', because: error };
}

/** Another worker may succeed where this result is of no use, so the studio receives a failure. */
export function discardArtifact(
  { jobId }: ArtifactUpload,
  deps: Pick<DeliveryDeps, 'claims' | 'log'>,
  because: string,
  error = because,
): DeliveryReport {
  if (!deps.claims.send(fail(jobId, error, true))) deps.log.warn('failure.not-sent', { jobId, error });
  deps.log.error('result.discarded', { jobId, because });
  return { is: 'discarded', because };
}
