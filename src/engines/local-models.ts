import type { Files } from '../system/disk/files.ts';

/**
 * Models that the operator put into a folder; each is offered by its name without the ending (studio contract). What is no
 * regular file, or a link to none, is no model: a pipe would block its loader.
 */
export async function localModels(
  files: Pick<Files, 'list' | 'stat'>,
  folder: string,
  ending: string,
): Promise<readonly string[]> {
  const names = (await files.list(folder)).filter((name) => name.endsWith(ending));
  // One that was removed meanwhile, or is a link to nowhere, is no model.
  const facts = await Promise.all(names.map((name) => files.stat(`${folder}/${name}`).catch(() => undefined)));
  return names
    .filter((_name, at) => facts[at]?.isFile)
    .map((name) => name.slice(0, -ending.length))
    .toSorted();
}
