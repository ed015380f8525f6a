import { stat } from 'node:fs/promises';

/** The permission bits of a file; undefined when there is none, and on Windows, which has no such bits. */
export async function permissionsOf(path: string): Promise<number | undefined> {
  if (process.platform === 'win32') return undefined;
  return await stat(path).then(
    ({ mode }) => mode & 0o777,
    () => undefined,
  );
}
