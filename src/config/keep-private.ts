import { errorChain } from '../base/errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Files } from '../system/disk/files.ts';
import type { ConfigStore } from './store.ts';
import { KEYS, specOf } from './schema.ts';

/**
 * Restricts a config file that holds a secret to its owner, and logs it when it was not: an editor, a backup or a copy may
 * have left it readable by every account. A failure is logged and does not stop the worker.
 */
export async function keepPrivate(
  { path, current }: Pick<ConfigStore, 'path' | 'current'>,
  files: Pick<Files, 'makePrivate'>,
  log: Logger,
): Promise<void> {
  if (!KEYS.some((key) => specOf(key)?.secret && current[key] !== undefined)) return;
  try {
    if (await files.makePrivate(path)) log.warn('config.made-private', { path });
  } catch (thrown) {
    log.warn('config.exposed', { path, because: errorChain(thrown), hint: `Run \`chmod 600 ${path}\` as its owner.` });
  }
}
