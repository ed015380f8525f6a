import { errorChain } from '../base/errors.ts';
import { readPageSessions } from '../contract/page/access.ts';
import type { Logger } from '../log/logger.ts';
import type { Files } from '../system/disk/files.ts';
import type { PageSession } from './sessions.ts';

/** The pages that were let in, over restarts of whoever serves them. */
export interface KeptPageSessions {
  /** As they were kept last. */
  readonly known: readonly PageSession[];
  /** In the background, one after the other. */
  readonly keep: (sessions: readonly PageSession[]) => void;
}

/** Keeps them in a file of the account's own; one that cannot be read or written costs its page a new code. */
export async function openKeptSessions(
  path: string,
  { files, log }: { readonly files: Pick<Files, 'readText' | 'writeAtomic'>; readonly log: Pick<Logger, 'debug'> },
): Promise<KeptPageSessions> {
  const report = (thrown: unknown): void => log.debug('page-sessions.unusable', { path, error: errorChain(thrown) });
  const text = await files.readText(path).catch(report);
  let saving: Promise<unknown> = Promise.resolve();
  return {
    known: readPageSessions(text ?? ''),
    keep(sessions) {
      const next = JSON.stringify(sessions);
      saving = saving.then(() => files.writeAtomic(path, next, { mode: 0o600 })).catch(report);
    },
  };
}
