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
