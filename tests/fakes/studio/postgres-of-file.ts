import { afterAll, beforeAll } from 'bun:test';
import { POSTGRES } from '../../needs.ts';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

/** A server is set up in a second and removed in one; its files are many, and machines are loaded. */
const HOOK_LIMIT_MS = 300_000;

/** One server for all tests of a file, from before the first to after the last, where this machine has PostgreSQL. */
export function postgresOfFile(): Pick<PostgresServer, 'newDatabase' | 'crash'> {
  let started: PostgresServer | undefined;
  beforeAll(async () => {
    if (POSTGRES.isMet()) started = await startPostgresServer();
  }, HOOK_LIMIT_MS);
  afterAll(() => started?.[Symbol.asyncDispose](), HOOK_LIMIT_MS);
  const server = (): PostgresServer => {
    if (started === undefined) throw new Error('this test does not say that it needs PostgreSQL');
    return started;
  };
  return { newDatabase: () => server().newDatabase(), crash: () => server().crash() };
}
