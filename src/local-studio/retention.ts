import { errorChain } from '../base/errors.ts';
import { HOUR_MS } from '../base/units.ts';
import type { Logger } from '../log/logger.ts';
import type { Clock } from '../system/clock.ts';
import { every } from './every.ts';
import type { ArtifactStore } from './storage/artifacts.ts';
import type { Store } from './storage/store.ts';

/** How often what is old is looked for. */
export const HOUSEKEEPING_MS = HOUR_MS;
const JOBS_AT_ONCE = 100;
const ENTRIES_AT_ONCE = 1_000;

/** What removing what is old takes. */
export interface RetentionParts {
  readonly store: Pick<Store, 'jobs' | 'audit' | 'audited'>;
  readonly artifacts: Pick<ArtifactStore, 'remove' | 'sweep'>;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly log: Logger;
  /** This studio, in the audit log. */
  readonly studioId: string;
  /** Milliseconds that artifacts are kept after their jobs ended, and entries of the audit log; for ever when undefined. */
  readonly keepArtifactsMs?: number | undefined;
  readonly keepAuditMs?: number | undefined;
}

/** One round of it. */
interface Round extends RetentionParts {
  /** Aborts when the studio stops: its store may be closed from then on. */
  readonly stopped: AbortSignal;
}

/** Removes what nobody needs any more, every hour, until what it returns is called. */
export function startHousekeeping(parts: RetentionParts): () => void {
  const { clock, keepArtifactsMs, keepAuditMs } = parts;
  const stop = new AbortController();
  const round: Round = { ...parts, stopped: stop.signal };
  const disarm = every(clock, HOUSEKEEPING_MS, () => {
    void endAbandonedUploads(round, clock.now());
    if (keepArtifactsMs !== undefined) void removeAgedArtifacts(round, clock.now() - keepArtifactsMs);
    if (keepAuditMs !== undefined) void removeAgedEntries(round, clock.now() - keepAuditMs);
  });
  return () => {
    disarm();
    stop.abort();
  };
}

/**
 * Removes the artifacts of jobs that ended before then; the jobs stay. The bytes go first: whatever ends this in between
 * leaves a job whose artifact is gone, and the next sweep forgets it.
 */
async function removeAgedArtifacts(round: Round, before: number): Promise<void> {
  const { store, artifacts, clock, log, studioId, stopped } = round;
  let removed = 0;
  try {
    while (!stopped.aborted) {
      const aged = await store.jobs.agedArtifacts(before, JOBS_AT_ONCE);
      for (const { id, project, name } of aged) {
        await artifacts.remove(name);
        const expiry = { action: 'artifact.expired', subject: id, project } as const;
        const audited = store.audited({ at: clock.now(), actor: 'studio', actorId: studioId, ...expiry });
        await audited.jobs.forgetArtifact(id, name);
      }
      removed += aged.length;
      if (aged.length < JOBS_AT_ONCE) break;
    }
  } catch (thrown) {
    if (!stopped.aborted) log.warn('retention.failed', { error: errorChain(thrown) });
  }
  if (removed > 0) log.info('retention.removed', { artifacts: removed });
}

/** Longer than the upload of any artifact takes. */
const ABANDONED_MS = 24 * HOUR_MS;

/** Ends uploads that a studio which was killed left unfinished: they occupy the store, and nobody sees them there. */
async function endAbandonedUploads({ artifacts, log, stopped }: Round, now: number): Promise<void> {
  try {
    const uploads = await artifacts.sweep(now - ABANDONED_MS);
    if (uploads > 0) log.info('uploads.aborted', { uploads });
  } catch (thrown) {
    if (!stopped.aborted) log.warn('uploads.sweep-failed', { error: errorChain(thrown) });
  }
}

/** Removes entries of the audit log from before then, which is an entry itself. */
async function removeAgedEntries(round: Round, before: number): Promise<void> {
  const { store, clock, log, studioId, stopped } = round;
  try {
    let [entries, removed] = [0, 0];
    do {
      removed = await store.audit.removeBefore(before, ENTRIES_AT_ONCE);
      entries += removed;
    } while (removed === ENTRIES_AT_ONCE && !stopped.aborted);
    if (entries === 0) return;
    const expiry = { action: 'audit.expired', details: { entries } } as const;
    await store.audit.add({ at: clock.now(), actor: 'studio', actorId: studioId, ...expiry });
  } catch (thrown) {
    if (!stopped.aborted) log.warn('audit.not-expired', { error: errorChain(thrown) });
  }
}
