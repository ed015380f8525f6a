/*
 * Columns come back as `unknown`. A column of another type than its schema says means that the file is not ours,
 * which these turn into a plain default rather than a crash of the whole studio.
 */
export const text = (value: unknown): string => (typeof value === 'string' ? value : '');
export const maybeText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
export const number = (value: unknown): number => Number(value ?? 0);
export const maybeNumber = (value: unknown): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);
