import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '../../../src/local-studio/storage/sqlite-store.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { testStore } from './store-suite.ts';

testStore('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  const open = async () => openSqliteStore(await openDataFolder(folder));
  const store = await open();
  let current = store;
  return {
    store,
    reopen: async () => {
      await current.close();
      return (current = await open());
    },
    [Symbol.asyncDispose]: async () => {
      await current.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});
