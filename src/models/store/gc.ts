import { DAY_MS } from '../../base/units.ts';
import { WorkerError } from '../../base/errors.ts';
import { belongsTo, findModels, type FoundFile, SHARED_FOLDERS, type StoredFile } from './inventory.ts';
import { OWN_FILE_PREFIX } from '../names.ts';
import type { ModelStoreOptions } from './options.ts';
import type { InUse } from './in-use.ts';

/** What a garbage collection removed, or would. */
export interface Collected {
  readonly removed: readonly StoredFile[];
  /** Files that would have been removed if they were not in use. */
  readonly inUse: readonly StoredFile[];
  /** What all models together take afterwards. */
  readonly leftBytes: number;
}

/** A download that was not resumed for this long is abandoned. */
const ABANDONED_MS = 7 * DAY_MS;

/**
 * What to remove so that models take no more than the budget, in this order: abandoned downloads, whatever the budget;
 * then the least recently used files. Files that the operator put there count, and stay.
 */
export function toCollect(
  found: readonly FoundFile[],
  maxBytes: number | undefined,
  nowMs: number,
): readonly FoundFile[] {
  const abandoned = found.filter(({ state, usedAt }) => state === 'partial' && usedAt < nowMs - ABANDONED_MS);
  let over = sizeOf(found) - sizeOf(abandoned) - (maxBytes ?? Number.POSITIVE_INFINITY);
  const oldest = found
    .filter(({ state, sha256 }) => state === 'whole' && sha256 !== undefined)
    .toSorted((a, b) => a.usedAt - b.usedAt);
  const surplus = oldest.filter(({ sizeBytes }) => {
    const isSurplus = over > 0;
    if (isSurplus) over -= sizeBytes;
    return isSurplus;
  });
  return [...abandoned, ...surplus];
}

const sizeOf = (found: readonly StoredFile[]): number => found.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** Brings the models within a budget. A file in use is never removed: the next least recently used one is instead. */
export async function collect(
  options: ModelStoreOptions,
  usage: InUse,
  { maxBytes, dryRun = false }: { readonly maxBytes: number | undefined; readonly dryRun?: boolean },
): Promise<Collected> {
  const inUse: FoundFile[] = [];
  const free: FoundFile[] = [];
  const found = await findModels(options);
  for (const file of found) ((await isUsed(file, options, usage)) ? inUse : free).push(file);
  // What is in use stays and still counts against the budget.
  const budget = maxBytes === undefined ? undefined : maxBytes - sizeOf(inUse);
  const removed = toCollect(free, budget, options.clock.now());
  if (!dryRun) {
    for (const file of removed) await removeFile(file, options);
    await removeEmptyFolders(removed, options);
    await sweepLocks(options);
  }
  const surplus = toCollect(found, maxBytes, options.clock.now());
  return {
    removed,
    inUse: inUse.filter((file) => surplus.includes(file)),
    leftBytes: sizeOf(found) - sizeOf(removed),
  };
}

/**
 * Removes a model's files, all or none.
 *
 * @throws WorkerError `model.not-found` | `model.in-use`
 */
export async function removeModel(
  options: ModelStoreOptions,
  usage: InUse,
  model: string,
): Promise<readonly StoredFile[]> {
  const files = (await findModels(options)).filter((file) => belongsTo(file, model));
  if (files.length === 0) throw notFound(model);
  for (const file of files) {
    if (!(await isUsed(file, options, usage))) continue;
    throw new WorkerError('model.in-use', `${file.filename} of model ${model} is in use`, {
      hint: 'Retry when no job uses it and it is unloaded; `studio-worker disable` unloads it after the running job.',
    });
  }
  for (const file of files) await removeFile(file, options);
  await removeEmptyFolders(files, options);
  return files;
}

async function removeEmptyFolders(removed: readonly FoundFile[], options: ModelStoreOptions): Promise<void> {
  for (const folder of new Set(removed.map((file) => file.folder))) await removeEmptyFolder(folder, options);
}

/** A folder of one model goes with its last file. */
export async function removeEmptyFolder(
  folder: string,
  { root, files }: Pick<ModelStoreOptions, 'root' | 'files'>,
): Promise<void> {
  if (folder !== root && !SHARED_FOLDERS.has(folder.slice(folder.lastIndexOf('/') + 1)))
    await files.removeEmptyDir(folder);
}

/** Removes lock files that nobody holds, and the folders that hold nothing else: killed processes leave them. */
export async function sweepLocks(options: ModelStoreOptions): Promise<void> {
  const { root, files, lock } = options;
  for (const folder of [root, ...(await foldersIn(root, files))]) {
    const locks = (await files.list(folder)).filter(
      (name) => name.startsWith(OWN_FILE_PREFIX) && name.endsWith('.lock'),
    );
    for (const name of locks) {
      const probe = await lock(`${folder}/${name}`);
      if (probe.is === 'held') probe.release(); // which removes it
    }
    if (locks.length > 0) await removeEmptyFolder(folder, options);
  }
}

async function foldersIn(root: string, files: ModelStoreOptions['files']): Promise<readonly string[]> {
  const paths = (await files.list(root)).map((name) => `${root}/${name}`);
  const facts = await Promise.all(paths.map((path) => files.stat(path)));
  return paths.filter((_path, at) => facts[at]?.isFolder);
}

/** The failure of asking for a model that has no file on this disk. */
export const notFound = (model: string): WorkerError =>
  new WorkerError('model.not-found', `there is no model ${model} on this disk`, {
    hint: 'Run `studio-worker models list` to see the models on this disk.',
  });

async function isUsed(file: FoundFile, { lock }: ModelStoreOptions, usage: InUse): Promise<boolean> {
  if (file.state === 'whole') return await usage.isUsed(file.folder, file.sidecars.use);
  const probe = await lock(file.sidecars.lock);
  if (probe.is === 'held') probe.release();
  return probe.is === 'taken';
}

async function removeFile(file: FoundFile, { files, log }: ModelStoreOptions): Promise<void> {
  const { path, sidecars } = file;
  // The file first: a receipt without a file is harmless, a file without a receipt would stay for ever.
  await files.remove(path);
  await Promise.all([sidecars.receipt, sidecars.progress, sidecars.part].map((sidecar) => files.remove(sidecar)));
  log.info('model.removed', { file: file.filename, model: file.model, sizeBytes: file.sizeBytes });
}
