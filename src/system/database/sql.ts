/** One row as the database gives it. */
export type Row = Readonly<Record<string, unknown>>;
/** A value beside a statement, where it says `$1`, `$2` … */
export type Param = string | number | null;
/** Runs one statement. */
export type Query = (text: string, params?: readonly Param[]) => Promise<readonly Row[]>;

/**
 * A database that speaks SQL: what SQLite and PostgreSQL have in common (`$1` parameters, `RETURNING`, `ON CONFLICT`,
 * recursive CTEs). A full disk is `disk.full`; other failures are the database's own errors with their `code`.
 */
export interface Sql {
  /** Where the two differ: what makes a table, and how one of many askers takes a row. */
  readonly dialect: 'sqlite' | 'postgres';
  /** One statement. A change survives the end of this process, but maybe not a power cut. */
  readonly query: Query;
  /** Statements that all happen or none does, on the disk when it resolves. */
  durable<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /**
   * As `durable`, for work that first locks the rows it decides by (`FOR UPDATE` and its like), or is a single statement:
   * who comes later waits for them and then sees what was done, where `durable` would lose and run again.
   */
  locking<T>(work: (query: Query) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}
