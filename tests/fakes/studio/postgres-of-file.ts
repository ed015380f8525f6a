import { afterAll, beforeAll } from 'bun:test';
import { POSTGRES } from '../../needs.ts';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

/** One server for all tests of a file, from before the first to after the last, where this machine has PostgreSQL. */
export function postgresOfFile(): Pick<PostgresServer, 'newDatabase' | 'crash'> {
  let started: PostgresServer | undefined;
  beforeAll(async () => {
    if (POSTGRES.isMet()) started = await startPostgresServer();
  });
  afterAll(() => started?.[Symbol.asyncDispose]());
  const server = (): PostgresServer => {
    if (started === undefined) throw new Error('this test does not say that it needs PostgreSQL');
    return started;
  };
  return { newDatabase: () => server().newDatabase(), crash: () => server().crash() };
}
