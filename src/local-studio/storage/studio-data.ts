import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Logger } from '../../log/logger.ts';
import type { DataFolder, OpenDataFolder } from '../../system/disk/data-folder.ts';
import type { RunningSha256 } from '../../system/disk/digest.ts';
import type { Random } from '../../system/random.ts';
import type { ArtifactStore } from './artifacts.ts';
import { openDiskArtifacts } from './disk-artifacts.ts';
import { loadOperatorToken, OPERATOR_TOKEN_FILE } from './operator-token.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

/** All that a studio keeps, opened. Whoever opened it closes the store, last of all. */
export interface StudioData {
  /** Absolute. */
  readonly dataDir: string;
  readonly store: Store;
  readonly artifacts: ArtifactStore;
  readonly operatorToken: string;
  /** The file with the operator token. */
  readonly tokenFile: string;
}

/** What opening the data takes of the outside world. */
export interface StudioDataEffects {
  readonly openDataFolder: OpenDataFolder;
  readonly startSha256: () => RunningSha256;
  readonly random: Pick<Random, 'hex'>;
}

const ARTIFACTS = 'artifacts';

/**
 * Opens the data of a studio in a folder, which is created when missing: an SQLite file, artifacts as files, and the
 * operator token.
 *
 * @throws WorkerError `studio.data-in-use` | `studio.data-damaged` | `studio.token-weak` | `file.unusable` |
 * `folder.unusable` | `disk.full`
 */
export async function openStudioData(dataDir: string, effects: StudioDataEffects, log: Logger): Promise<StudioData> {
  const folder = await usableFolder(dataDir, effects.openDataFolder);
  // The store first: its lock keeps a second studio off the same folder before that one touches anything else.
  const store = await openSqliteStore(folder);
  try {
    const operatorToken = await loadOperatorToken(folder, effects.random, log);
    const artifacts = await openDiskArtifacts(
      await usableFolder(folder.pathOf(ARTIFACTS), effects.openDataFolder),
      effects.startSha256,
    );
    const tokenFile = folder.pathOf(OPERATOR_TOKEN_FILE);
    return { dataDir: folder.path, store, artifacts, operatorToken, tokenFile };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

async function usableFolder(path: string, open: OpenDataFolder): Promise<DataFolder> {
  try {
    return await open(path);
  } catch (thrown) {
    throw new WorkerError('folder.unusable', `cannot write in ${path}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for this account, or name another one with `--data`.',
    });
  }
}
