import type { Postgres } from '../../../src/system/database/postgres.ts';
import type { Query, Sql } from '../../../src/system/database/sql.ts';
import { moveStudioData } from '../../../src/local-studio/storage/moving/move-data.ts';
import type { StudioDataEffects } from '../../../src/local-studio/storage/places.ts';
import { studioEffects } from './studio-effects.ts';

/*
 * A move that is killed at a step: `killed-move.ts <data folder> <database> <statement>` runs until it is about to send a
 * statement that holds this text, and ends as `kill -9` ends a process. Before `COMMIT` of the old database stands the last
 * statement of its transaction.
 */

const [, , dataDir = '', database = '', statement = ''] = process.argv;

const checked =
  (query: Query): Query =>
  (text, params) => {
    if (text.includes(statement)) process.kill(process.pid, 'SIGKILL');
    return query(text, params);
  };

const killing = (sql: Sql): Sql => ({
  ...sql,
  query: checked(sql.query),
  durable: (work) => sql.durable((query) => work(checked(query))),
  locking: (work) => sql.locking((query) => work(checked(query))),
});

const killingPostgres = (sql: Postgres): Postgres => ({
  ...sql,
  ...killing(sql),
  alone: (lock, work) => sql.alone(lock, (query) => work(checked(query))),
});

const effects: StudioDataEffects = {
  ...studioEffects,
  openPostgres: (options) => killingPostgres(studioEffects.openPostgres(options)),
  openDataFolder: async (path) => {
    const folder = await studioEffects.openDataFolder(path);
    return { ...folder, openSqlite: (name) => killing(folder.openSqlite(name)) };
  },
};
console.log(JSON.stringify(await moveStudioData({ dataDir, database }, effects)));
