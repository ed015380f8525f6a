import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { errorChain, WorkerError } from '../../base/errors.ts';
import type { Random } from '../../system/random.ts';
import type { ArtifactStore } from './artifacts.ts';
import { openDiskArtifacts } from './disk-artifacts.ts';
import { loadOperatorToken, OPERATOR_TOKEN_FILE } from './operator-token.ts';
import { openSqliteStore } from './sqlite-store.ts';
import type { Store } from './store.ts';

/** All that a studio keeps, opened. Whoever opened it closes the store, last of all. */
export interface Backends {
  /** Absolute. */
  readonly dataDir: string;
  readonly store: Store;
  readonly artifacts: ArtifactStore;
  readonly operatorToken: string;
  /** The file with the operator token. */
  readonly tokenFile: string;
}

const DATABASE = 'studio.sqlite';
const ARTIFACTS = 'artifacts';

/**
 * Opens the data of a studio in a folder, which is created when missing: an SQLite file, artifacts as files, and the
 * operator token.
 *
 * @throws WorkerError `studio.data-in-use` | `folder.unusable` | `disk.full`
 */
export async function openBackends(dataDir: string, random: Pick<Random, 'hex'>): Promise<Backends> {
  const folder = resolve(dataDir);
  mustBeWritable(folder);
  // The store first: its lock keeps a second studio off the same folder before that one touches anything else.
  const store = await openSqliteStore(join(folder, DATABASE));
  try {
    const tokenFile = join(folder, OPERATOR_TOKEN_FILE);
    const operatorToken = loadOperatorToken(tokenFile, random);
    return { dataDir: folder, store, artifacts: openDiskArtifacts(join(folder, ARTIFACTS)), operatorToken, tokenFile };
  } catch (thrown) {
    await store.close();
    throw thrown;
  }
}

function mustBeWritable(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
  } catch (thrown) {
    throw new WorkerError('folder.unusable', `cannot write in ${folder}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make the folder writable for this account, or name another one with `--data`.',
    });
  }
}
