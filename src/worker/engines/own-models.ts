import { ENGINE_NAMES, engineFacts } from '../../contract/model-source.ts';
import type { Files } from '../../system/disk/files.ts';

/** Folders below the one for models in which the operator puts models of their own, as for an engine that has a list of them. */
const OWN_FOLDERS = ENGINE_NAMES.flatMap((name) => engineFacts(name).folder?.name ?? []);

/** When a file last came to the operator's models, or went: a folder is changed by that, and by nothing inside a file. */
export async function ownModels(files: Pick<Files, 'stat'>, root: string): Promise<string> {
  // A folder that cannot be read counts as missing: its engine finds nothing in it either.
  const facts = await Promise.all(OWN_FOLDERS.map((name) => files.stat(`${root}/${name}`).catch(() => undefined)));
  return facts.map((folder) => folder?.modifiedAt ?? '').join(' ');
}
