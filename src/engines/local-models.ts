import type { Files } from '../system/disk/files.ts';

/** Models that the operator put into a folder; each is offered by its name without the ending (studio contract). */
export async function localModels(
  files: Pick<Files, 'list'>,
  folder: string,
  ending: string,
): Promise<readonly string[]> {
  const names = await files.list(folder);
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length))
    .toSorted();
}
