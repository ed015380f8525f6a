/** The system's short name of what went wrong, such as `ENOENT`. */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;
}

/** Whether there was no disk space left: on the disk, or in this account's quota. */
export const isDiskFull = (thrown: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(thrown) ?? '');

/** The code of the cause that is furthest down, which is the system's own. */
export function deepestCodeOf(thrown: unknown): string | undefined {
  const below = thrown instanceof Error && thrown.cause !== undefined ? deepestCodeOf(thrown.cause) : undefined;
  return below ?? codeOf(thrown);
}

/**
 * The five characters by which a PostgreSQL server names an error
 * (postgresql.org/docs/current/errcodes-appendix.html); undefined for an error that is not a server's.
 */
export function sqlStateOf(thrown: unknown): string | undefined {
  const state: unknown = thrown instanceof Error ? Reflect.get(thrown, 'errno') : undefined;
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : undefined;
}

/** Whether no database server answered, or one that is stopping did, as opposed to one that said no. */
export const isDatabaseGone = (thrown: unknown): boolean =>
  (codeOf(thrown) ?? '').startsWith('ERR_POSTGRES_CONNECTION_') || /^(?:08|57P)/.test(sqlStateOf(thrown) ?? '');

/** Whether another process holds an SQLite file (sqlite.org/rescode.html#busy): what was asked for did not happen. */
export const isDatabaseLocked = (thrown: unknown): boolean => (codeOf(thrown) ?? '').startsWith('SQLITE_BUSY');
