import { errorChain } from '../base/errors.ts';
import { HOUR_MS } from '../base/units.ts';
import type { Logger } from '../log/logger.ts';
import type { ArtifactStore } from './storage/artifacts.ts';
import type { JobTable } from './storage/store.ts';

/** How often what is old is looked for. */
export const HOUSEKEEPING_MS = HOUR_MS;
const JOBS_AT_ONCE = 100;

/** What removing old artifacts takes. */
export interface RetentionParts {
  readonly jobs: Pick<JobTable, 'agedArtifacts' | 'forgetArtifact'>;
  readonly artifacts: Pick<ArtifactStore, 'remove'>;
  readonly log: Logger;
}

/**
 * Removes the artifacts of jobs that ended before then; the jobs stay. The bytes go first: whatever ends this in between
 * leaves a job whose artifact is gone, and the next sweep forgets it.
 */
export async function removeAgedArtifacts({ jobs, artifacts, log }: RetentionParts, before: number): Promise<void> {
  let removed = 0;
  try {
    for (;;) {
      const aged = await jobs.agedArtifacts(before, JOBS_AT_ONCE);
      for (const { id, name } of aged) {
        await artifacts.remove(name);
        await jobs.forgetArtifact(id, name);
      }
      removed += aged.length;
      if (aged.length < JOBS_AT_ONCE) break;
    }
  } catch (thrown) {
    log.warn('retention.failed', { error: errorChain(thrown) });
  }
  if (removed > 0) log.info('retention.removed', { artifacts: removed });
}

/** Longer than the upload of any artifact takes. */
const ABANDONED_MS = 24 * HOUR_MS;

/** Ends uploads that a studio which was killed left unfinished: they occupy the store, and nobody sees them there. */
export async function endAbandonedUploads(
  { artifacts, log }: { readonly artifacts: Pick<ArtifactStore, 'sweep'>; readonly log: Logger },
  now: number,
): Promise<void> {
  try {
    const uploads = await artifacts.sweep(now - ABANDONED_MS);
    if (uploads > 0) log.info('uploads.aborted', { uploads });
  } catch (thrown) {
    log.warn('uploads.sweep-failed', { error: errorChain(thrown) });
  }
}
