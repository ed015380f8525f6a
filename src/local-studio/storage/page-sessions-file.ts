import { errorChain } from '../../base/errors.ts';
import { readPageSessions } from '../../contract/page/access.ts';
import type { Logger } from '../../log/logger.ts';
import type { PageSession } from '../../page-host/sessions.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';

const FILE = 'page-sessions.json';

/** The pages that an earlier run let in, and what keeps those of this one. */
export interface KeptPages {
  readonly known: readonly PageSession[];
  /** Returns at once; the newest list is on the disk soon after. */
  readonly keep: (sessions: readonly PageSession[]) => void;
}

/** A file that cannot be read or written costs its pages a new code, and nothing else. */
export async function openKeptPages(folder: DataFolder, log: Pick<Logger, 'debug'>): Promise<KeptPages> {
  const report = (thrown: unknown): void =>
    log.debug('page-sessions.unusable', { path: folder.pathOf(FILE), error: errorChain(thrown) });
  const text = await folder.readText(FILE).catch(report);
  let saving: Promise<unknown> = Promise.resolve();
  return {
    known: readPageSessions(text ?? ''),
    keep(sessions) {
      saving = saving.then(() => folder.writeText(FILE, JSON.stringify(sessions))).catch(report);
    },
  };
}
