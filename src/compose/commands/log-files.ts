import { siblingsOf } from '../../config/paths.ts';
import { logEntriesIn } from '../../log/log-text.ts';
import type { OwnLogLine } from '../../contract/log-entry.ts';
import { toLine } from '../../worker/control/log-line.ts';
import type { Effects } from '../effects.ts';

/**
 * What workers with this config wrote to their file, oldest first, as far as the newest two files reach; undefined where
 * there is none.
 */
export async function readLogFiles(
  configPath: string,
  { files }: Pick<Effects, 'files'>,
): Promise<readonly OwnLogLine[] | undefined> {
  const { log, olderLogs } = siblingsOf(configPath);
  const newest = await files.readText(log);
  if (newest === undefined) return undefined;
  const before = (await files.readText(olderLogs[0] ?? '')) ?? '';
  return logEntriesIn(before + newest).map((item, index) => toLine({ seq: index + 1, item }));
}
