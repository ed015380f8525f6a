import { errorChain } from '../../base/errors.ts';
import { readSignIns } from '../../contract/page/access.ts';
import type { Logger } from '../../log/logger.ts';
import type { SignIn } from '../../page-host/sign-ins.ts';
import type { DataFolder } from '../../system/disk/data-folder.ts';

const FILE = 'page-sessions.json';

/** The pages that an earlier run let in, and what keeps those of this one. */
export interface KeptPages {
  readonly known: readonly SignIn[];
  /** Returns at once; the newest list is on the disk soon after. */
  readonly keep: (signIns: readonly SignIn[]) => void;
}

/** A file that cannot be read or written costs its pages a new code, and nothing else. */
export async function openKeptPages(folder: DataFolder, log: Pick<Logger, 'debug'>): Promise<KeptPages> {
  const report = (thrown: unknown): void =>
    log.debug('sign-ins.unusable', { path: folder.pathOf(FILE), error: errorChain(thrown) });
  const text = await folder.readText(FILE).catch(report);
  let saving: Promise<unknown> = Promise.resolve();
  return {
    known: readSignIns(text ?? ''),
    keep(signIns) {
      saving = saving.then(() => folder.writeText(FILE, JSON.stringify(signIns))).catch(report);
    },
  };
}
