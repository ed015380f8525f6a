import { errorChain } from '../../base/errors.ts';
import type { LocalApiDeps } from '../../local-api/deps.ts';
import { readPageSessions } from '../../contract/page/access.ts';
import type { Logger } from '../../log/logger.ts';
import type { Files } from '../../system/disk/files.ts';

/** The pages that an earlier run of the worker let in; one that cannot be read or kept costs its page a new code. */
export async function openPageSessions(
  path: string,
  { files }: { readonly files: Pick<Files, 'readText' | 'writeAtomic'> },
  log: Pick<Logger, 'debug'>,
): Promise<LocalApiDeps['pages']> {
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
