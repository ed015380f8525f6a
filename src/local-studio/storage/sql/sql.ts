/** One row as the database gives it. */
export type Row = Readonly<Record<string, unknown>>;
export type Param = string | number | null;
export type Query = (text: string, params?: readonly Param[]) => Promise<readonly Row[]>;

/**
 * A database that speaks SQL. The statements behind the store keep to what SQLite and PostgreSQL have in common
 * (`$1` parameters, `RETURNING`, `ON CONFLICT`, recursive CTEs), so that this is all there is to replace.
 */
export interface Sql {
  /** One statement. A change survives the end of this process, but maybe not a power cut. */
  readonly query: Query;
  /** Statements that all happen or none does, on the disk when it resolves. */
  durable<T>(work: (query: Query) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/*
 * Columns come back as `unknown`. A column of another type than its schema says means that the file is not ours,
 * which these turn into a plain default rather than a crash of the whole studio.
 */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const maybeText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const number = (value: unknown): number => Number(value ?? 0);
export const maybeNumber = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
