import { WorkerError } from '../base/errors.ts';
import { folderOf, missingFolders, type Receipt } from '../release/receipt.ts';
import type { Files } from '../system/disk/files.ts';
import type { RunStep } from './run-step.ts';
import type { LoginEntry } from './login.ts';

/** Where Windows keeps what it starts at a login (studio contract: login entries). */
const RUN_KEY = 'HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';

export interface LoginDeps {
  readonly files: Pick<Files, 'makeDir' | 'writeAtomic' | 'remove' | 'stat'>;
  readonly receipt: Pick<Receipt, 'add' | 'remove'>;
  readonly runStep: RunStep;
}

/** Writes the entry, or removes it where the login is to start nothing. @throws WorkerError `service.not-activated` | `disk.full` */
export async function syncLogin(entry: LoginEntry, enabled: boolean, deps: LoginDeps): Promise<void> {
  const path = pathOf(entry);
  const { files, receipt, runStep } = deps;
  if (!enabled) {
    await removeLogin(path, deps);
    return await receipt.remove({ is: 'login', path });
  }
  await receipt.add({ is: 'login', path });
  if (entry.is === 'run-value') {
    const { name, value } = entry;
    const { code, lastError } = await runStep(['reg', 'add', RUN_KEY, '/v', name, '/t', 'REG_SZ', '/d', value, '/f']);
    if (code === 0) return;
    throw new WorkerError('service.not-activated', `Windows did not take the entry for a login: ${lastError}`, {
      hint: 'Start the worker by hand, or let `studio-worker install-service` start it.',
    });
  }
  const folder = folderOf(path);
  await receipt.add(...(await missingFolders(folder, files)));
  await files.makeDir(folder);
  await files.writeAtomic(path, entry.text, { durable: true });
}

/** Removes an entry by the name that the receipt has. Fine when it is missing. */
export async function removeLogin(
  path: string,
  { files, runStep }: Pick<LoginDeps, 'files' | 'runStep'>,
): Promise<void> {
  const inRegistry = `${RUN_KEY}\\`;
  if (!path.startsWith(inRegistry)) return await files.remove(path);
  // Its failure is that there is none.
  await runStep(['reg', 'delete', RUN_KEY, '/v', path.slice(inRegistry.length), '/f']);
}

/** By which the receipt knows it. */
const pathOf = (entry: LoginEntry): string => (entry.is === 'file' ? entry.path : `${RUN_KEY}\\${entry.name}`);
