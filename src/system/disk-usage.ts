import type { Files } from './disk/files.ts';

/**
 * The bytes of a file, or of all that a folder holds; undefined where nothing is. A link inside a folder counts nothing:
 * what it leads to is elsewhere, or counted already.
 *
 * @throws the system's own error for what this account may not read, unless that counts as empty
 */
export async function diskUsage(
  path: string,
  files: Pick<Files, 'stat' | 'list' | 'kindOf'>,
  { unreadable = 'fails' }: { readonly unreadable?: 'fails' | 'is-empty' } = {},
): Promise<number | undefined> {
  const orEmpty = async <T>(asked: Promise<T>, empty: T): Promise<T> =>
    unreadable === 'fails' ? await asked : await asked.catch(() => empty);
  const facts = await orEmpty(files.stat(path), undefined);
  if (facts === undefined || !facts.isFolder) return facts?.sizeBytes;
  let sum = 0;
  for (const name of await orEmpty(files.list(path), [])) {
    const inside = `${path}/${name}`;
    if ((await orEmpty(files.kindOf(inside), undefined)) === 'link') continue;
    sum += (await diskUsage(inside, files, { unreadable })) ?? 0;
  }
  return sum;
}
