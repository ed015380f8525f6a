import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSqlStore } from '../../../src/local-studio/storage/sql/sql-store.ts';
import { openSqliteDatabase } from '../../../src/local-studio/storage/sqlite-store.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { testStore } from './store-suite.ts';

const BEFORE_ENDED_BECAUSE = [
  'DROP TRIGGER jobs_ended',
  'ALTER TABLE jobs DROP COLUMN ended_because',
  'DELETE FROM migrations WHERE step = 11',
];

testStore('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  const open = async () => openSqliteDatabase(await openDataFolder(folder));
  let current = await open();
  return {
    store: createSqlStore(current),
    query: (text, params) => current.query(text, params),
    older: { beforeEndedBecause: BEFORE_ENDED_BECAUSE },
    reopen: async () => {
      await current.close();
      return createSqlStore((current = await open()));
    },
    [Symbol.asyncDispose]: async () => {
      await current.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
