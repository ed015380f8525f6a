import { errorChain } from '../../base/errors.ts';
import { studioBase } from '../../contract/routes.ts';
import type { Credentials } from '../session/session.ts';
import type { DeliveryDeps } from './deps.ts';
import type { OutboxEntry } from './entry.ts';
import type { ArtifactUpload } from './multipart-body.ts';
import type { NewEntry } from './outbox.ts';
import type { UploadAnswer } from './policy.ts';

/** Whom a result is for: the studio that asked for it, and our name there. */
type Owner = Pick<NewEntry, 'workerId' | 'studio'>;

/** Whom a result made now is for. */
export const ownerOf = (credentials: Credentials): Owner => ({
  workerId: credentials.workerId,
  studio: studioBase(credentials.apiBaseUrl) ?? credentials.apiBaseUrl,
});

/**
 * Tells of any number of results whether they were made for the studio and under the name we have now. Nobody else is
 * offered them.
 */
export function ownedBy(credentials: Credentials | undefined): (entry: OutboxEntry) => boolean {
  if (credentials === undefined) return () => false;
  const { workerId, studio } = ownerOf(credentials);
  return (entry) => entry.workerId === workerId && entry.studio === studio;
}

/** Puts a result on disk. Undefined, with a warning, when that failed: the result is then in memory only. */
export async function keepOnDisk(
  entry: NewEntry,
  content: Uint8Array,
  deps: Pick<DeliveryDeps, 'outbox' | 'log'>,
): Promise<OutboxEntry | undefined> {
  try {
    return await deps.outbox.put(entry, content);
  } catch (thrown) {
    deps.log.warn('result.not-kept', { jobId: entry.jobId, error: errorChain(thrown) });
    return undefined;
  }
}

/** Puts an artifact on disk, as `keepOnDisk` does. */
export const keepArtifact = (
  { jobId, ext, prompt, bytes, ranOn }: ArtifactUpload,
  credentials: Credentials,
  deps: Pick<DeliveryDeps, 'outbox' | 'log'>,
): Promise<OutboxEntry | undefined> =>
  keepOnDisk({ jobId, kind: 'artifact', ext, prompt, ranOn, ...ownerOf(credentials) }, bytes, deps);

/** Of an artifact that is to stay on disk, makes sure that it does: somebody may have emptied the folder meanwhile. */
export async function ensureKept(
  entry: OutboxEntry | undefined,
  { artifact, credentials }: { readonly artifact: ArtifactUpload; readonly credentials: Credentials },
  deps: Pick<DeliveryDeps, 'outbox' | 'log'>,
): Promise<OutboxEntry | undefined> {
  if (entry === undefined || (await deps.outbox.holds(entry))) return entry;
  return await keepArtifact(artifact, credentials, deps);
}

/** The operator has to act: the studio rejects our token, while the result itself is fine. */
export function logUnauthorized(
  { jobId }: Pick<OutboxEntry, 'jobId'>,
  answer: UploadAnswer,
  deps: Pick<DeliveryDeps, 'log'>,
): void {
  const status = answer.is === 'answered' ? answer.status : 0;
  deps.log.error('delivery.unauthorized', {
    jobId,
    status,
    hint: 'Run `studio-worker status`; when the worker is not approved any more, run `studio-worker register --reset`.',
  });
}
