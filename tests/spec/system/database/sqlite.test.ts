import { expect, test } from 'bun:test';
import { openSqlite } from '../../../../src/system/database/sqlite.ts';
import type { Sql } from '../../../../src/system/database/sql.ts';
import { FakeClock, passUntilOver } from '../../../fakes/system/fake-clock.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

/** A file with one table, open here, and held by somebody else until it is let go. */
async function heldFile() {
  const folder = await tempFolder();
  const clock = new FakeClock();
  const sql = openSqlite(folder.at('rows'), clock);
  await sql.query('PRAGMA journal_mode = WAL');
  await sql.query('CREATE TABLE rows (name TEXT)');
  const other = openSqlite(folder.at('rows'));
  const letGo = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  const held = other.durable(async (query) => {
    await query("INSERT INTO rows VALUES ('theirs')");
    isHeld.resolve();
    await letGo.promise;
  });
  await isHeld.promise;
  return {
    clock,
    path: folder.at('rows'),
    sql,
    names: async () => (await sql.query('SELECT name FROM rows ORDER BY rowid')).map(({ name }) => name),
    letGo: async () => {
      letGo.resolve();
      await held;
    },
    [Symbol.asyncDispose]: async () => {
      letGo.resolve();
      await held;
      await other.close();
      await sql.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const CHANGES: readonly (readonly [string, (sql: Sql) => Promise<unknown>])[] = [
  ['a statement', (sql) => sql.query("INSERT INTO rows VALUES ('ours')")],
  ['a transaction', (sql) => sql.durable((query) => query("INSERT INTO rows VALUES ('ours')"))],
];

for (const [what, change] of CHANGES) {
  test(`${what} waits while another process writes, and is done once`, async () => {
    await using file = await heldFile();
    const done = change(file.sql);
    await file.clock.advanceAsync(5_000);
    expect(file.clock.armed).toBe(1);
    await file.letGo();
    await passUntilOver(file.clock, 20, done);
    expect(await file.names()).toEqual(['theirs', 'ours']);
  });

  test(`${what} that waited twenty seconds in vain has done nothing`, async () => {
    await using file = await heldFile();
    const both = Promise.all([change(file.sql), change(file.sql)].map((work) => work.then(() => 'done', codeOf)));
    await passUntilOver(file.clock, 20, both);
    expect(await both).toEqual(['SQLITE_BUSY', 'SQLITE_BUSY']);
    expect(file.clock.elapsed()).toBeLessThan(21_000); // the second has waited behind the first
    await file.letGo();
    expect(await file.names()).toEqual(['theirs']);
  });
}

test('a file that somebody holds as it is opened fails at once', async () => {
  await using file = await heldFile();
  const late = openSqlite(file.path, file.clock);
  expect(await late.query("INSERT INTO rows VALUES ('late')").then(() => 'done', codeOf)).toBe('SQLITE_BUSY');
  await late.close();
});

const codeOf = (thrown: unknown): unknown => (thrown instanceof Error ? Reflect.get(thrown, 'code') : thrown);
