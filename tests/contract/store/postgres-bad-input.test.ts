import { expect } from 'bun:test';
import type { WorkerError } from '../../../src/base/errors.ts';
import { openPostgresStore } from '../../../src/local-studio/storage/postgres-store.ts';
import { openStudioData } from '../../../src/local-studio/storage/studio-data.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { openPostgres, type Postgres } from '../../../src/system/database/postgres.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { postgresOfFile } from '../../fakes/studio/postgres-of-file.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { needs, POSTGRES } from '../../needs.ts';
import { aNewJob } from './most-urgent.ts';

const { newDatabase } = postgresOfFile();

const onServer = needs(POSTGRES);
const PASSWORD = 'S3CRET';

const connect = (url: string): Postgres => openPostgres({ url, maxConnections: 2, clock: systemClock });

/** A database with a studio's data, of which one job, and statements that its owner may run there. */
async function aStudiosDatabase() {
  const url = await newDatabase();
  const sql = connect(url);
  const store = await openPostgresStore(sql, 'the database');
  await store.jobs.add(aNewJob({ id: 'kept' }));
  return { url, sql, store, [Symbol.asyncDispose]: () => store.close() };
}

type Database = Awaited<ReturnType<typeof aStudiosDatabase>>;

/** Makes an account by these statements, in which `<name>` is its name; the URL by which it connects. */
async function account({ url, sql }: Database, ...statements: readonly string[]): Promise<string> {
  const name = new URL(url).pathname.slice(1).replace('studio', 'account');
  for (const each of [`CREATE ROLE <name> LOGIN PASSWORD '${PASSWORD}'`, ...statements]) {
    await sql.query(each.replaceAll('<name>', name));
  }
  return url.replace('studio@', `${name}:${PASSWORD}@`);
}

const MAY_WRITE = ['GRANT ALL ON ALL TABLES IN SCHEMA public TO <name>', 'GRANT ALL ON SCHEMA public TO <name>'];

/** What an operator can get wrong about a database that holds a studio's data, and what the error says to do. */
const UNUSABLE: readonly (readonly [title: string, urlOf: (database: Database) => Promise<string>, says: RegExp])[] = [
  ['a user that may not create tables', (database) => account(database), /GRANT CREATE ON SCHEMA public/],
  [
    'a user that may only read the tables',
    (database) =>
      account(
        database,
        'GRANT ALL ON SCHEMA public TO <name>',
        'GRANT SELECT ON ALL TABLES IN SCHEMA public TO <name>',
        'ALTER ROLE <name> SET default_transaction_read_only = on',
      ),
    /everything is read-only/,
  ],
  [
    'a user that does not own the tables',
    (database) => account(database, 'GRANT ALL ON SCHEMA public TO <name>'),
    /own the studio's/,
  ],
  [
    'a user without a connection left',
    (database) => account(database, ...MAY_WRITE, 'ALTER ROLE <name> CONNECTION LIMIT 0'),
    /max_connections/,
  ],
  [
    'an account that does not exist',
    async ({ url }) => url.replace('studio@', `nobody:${PASSWORD}@`),
    /user and the password/,
  ],
  [
    'a database that does not exist',
    async ({ url }) => `${url.replace('studio@', `studio:${PASSWORD}@`)}_not`,
    /createdb/,
  ],
  ['a server that does not answer', async () => `postgres://studio:${PASSWORD}@127.0.0.1:1/x`, /host and the port/],
  ['a host that does not exist', async () => `postgres://studio:${PASSWORD}@db.invalid/x`, /host and the port/],
];

for (const [title, urlOf, says] of UNUSABLE) {
  onServer(`PostgreSQL: ${title} is reported with what helps, without its password`, async () => {
    await using database = await aStudiosDatabase();
    await using folder = await tempFolder();
    const log = recordingLogger();
    const place = { dataDir: folder.path, database: await urlOf(database), operatorToken: 'a'.repeat(8) };
    const thrown: unknown = await openStudioData(place, studioEffects, log).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'studio.database-unusable', hint: expect.stringMatching(says) });
    expect((thrown as WorkerError).message).toContain(new URL(place.database).pathname);
    expect(Bun.inspect([thrown, log.events])).not.toContain(PASSWORD);
    expect(await database.store.jobs.get('kept')).toMatchObject({ state: 'queued' });
  });
}

onServer('PostgreSQL: a server that is too old is reported with what will do', async () => {
  await using database = await aStudiosDatabase();
  const sql = connect(database.url);
  /** The server, except that it says to be an older one. */
  const old: Postgres = {
    ...sql,
    query: async (text, params) =>
      text.includes('server_version_num') ? [{ version: 120_022 }] : sql.query(text, params),
  };
  expect(openPostgresStore(old, 'postgres://db/x')).rejects.toMatchObject({
    code: 'studio.database-unusable',
    message: 'postgres://db/x is PostgreSQL 12',
    hint: 'Use PostgreSQL 13 or newer.',
  });
});

onServer('PostgreSQL: a studio that is older than the database changes nothing there', async () => {
  await using database = await aStudiosDatabase();
  await database.sql.query('INSERT INTO migrations (step) VALUES (99)');
  await database.sql.query('ALTER TABLE jobs ADD COLUMN of_tomorrow TEXT');
  const columns = 'SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2';
  const before = await database.sql.query(columns);
  expect(openPostgresStore(connect(database.url), 'the database')).rejects.toMatchObject({
    code: 'studio.data-newer',
    hint: expect.stringContaining('Install that version here too'),
  });
  expect(await database.sql.query(columns)).toEqual(before);
  expect(await database.store.jobs.get('kept')).toMatchObject({ state: 'queued' });
});
