import { errorChain } from '../base/errors.ts';
import { readSignIns } from '../contract/page/access.ts';
import type { Logger } from '../log/logger.ts';
import type { Files } from '../system/disk/files.ts';
import type { SignIn } from './sign-ins.ts';

/** The pages that were let in, over restarts of whoever serves them. */
export interface KeptSignIns {
  /** As they were kept last. */
  readonly known: readonly SignIn[];
  /** In the background, one after the other. */
  readonly keep: (signIns: readonly SignIn[]) => void;
}

/** Keeps them in a file of the account's own; one that cannot be read or written costs its page a new code. */
export async function openKeptSignIns(
  path: string,
  { files, log }: { readonly files: Pick<Files, 'readText' | 'writeAtomic'>; readonly log: Pick<Logger, 'debug'> },
): Promise<KeptSignIns> {
  const report = (thrown: unknown): void => log.debug('sign-ins.unusable', { path, error: errorChain(thrown) });
  const text = await files.readText(path).catch(report);
  let saving: Promise<unknown> = Promise.resolve();
  return {
    known: readSignIns(text ?? ''),
    keep(signIns) {
      const next = JSON.stringify(signIns);
      saving = saving.then(() => files.writeAtomic(path, next, { mode: 0o600 })).catch(report);
    },
  };
}
