import { errorChain, WorkerError } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Sha256 } from '../../system/disk/digest.ts';
import type { Files } from '../../system/disk/files.ts';
import { ENTRY_NAME, type EntryHeader, factsOf, hasHeader, type OutboxEntry, readHeader } from './entry.ts';

/** Where an outbox lives, and within which limits. */
export interface OutboxOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly maxAgeMs?: number;
  readonly files: Files;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly sha256: Sha256;
  readonly log: Logger;
}

/** The name of the journal in the folder. */
export const JOURNAL = 'journal';

/**
 * The names in the folder, sorted; it is created for its owner alone when it is missing.
 *
 * @throws WorkerError `folder.unusable` | `disk.full`
 */
export async function openFolder({ dir, files }: OutboxOptions): Promise<readonly string[]> {
  try {
    await files.makeDir(dir, { mode: 0o700 });
    return await files.list(dir);
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw new WorkerError('folder.unusable', `cannot keep results in ${dir}: ${errorChain(thrown)}`, {
      cause: thrown,
      hint: 'Make it a folder that the account that runs the worker may read and write, or move it away.',
    });
  }
}

/**
 * A file of the folder as an entry; undefined for what is none, which is then set aside. What is no plain file stays where
 * it is, unopened: nothing of ours made it, and reading a pipe would never end. Never throws.
 */
export async function readEntryFile(name: string, options: OutboxOptions): Promise<OutboxEntry | undefined> {
  if (name === CORRUPT || name === SET_ASIDE || name === JOURNAL) return undefined;
  const path = `${options.dir}/${name}`;
  try {
    const start = await options.files.readStart(path, USUAL_HEAD_BYTES);
    if (start === undefined) return undefined;
    if (start.kind !== 'file') {
      options.log.warn('result.passed-over', { file: name, kind: start.kind });
      return undefined;
    }
    // The journal's copy of itself, which a crash kept from its place: the journal has all that it holds.
    if (name.startsWith(`${JOURNAL}.`)) return await options.files.remove(path).then(() => undefined);
    const isWhole = hasHeader(start.bytes);
    const read = !ENTRY_NAME.test(name)
      ? undefined
      : isWhole
        ? readHeader(start.bytes, options.sha256)?.header
        : await readHead(path, options);
    if (read !== undefined) return factsOf(read, name);
  } catch (thrown) {
    options.log.warn('result.unreadable', { file: name, error: errorChain(thrown) });
    return undefined;
  }
  await setAside(name, options);
  return undefined;
}

/** Most headers are shorter; one with a long prompt is read once more. */
const USUAL_HEAD_BYTES = 4096;

/** The header without the content, which may be large. */
export async function readHead(
  path: string,
  options: Pick<OutboxOptions, 'files' | 'sha256'>,
): Promise<EntryHeader | undefined> {
  let head = new Uint8Array();
  for await (const chunk of options.files.openRead(path)) {
    const longer = new Uint8Array(head.byteLength + chunk.byteLength);
    longer.set(head);
    longer.set(chunk, head.byteLength);
    head = longer;
    if (hasHeader(chunk)) break;
  }
  return readHeader(head, options.sha256)?.header;
}

/** Holds whole results that are not delivered any more: the operator decides what becomes of them. */
export const SET_ASIDE = 'set-aside';

/** Moves a result out of the way of delivery: its file, or these bytes of the journal. @throws the disk's error */
export async function moveAside(
  { file, bytes }: { readonly file: string; readonly bytes: Uint8Array | undefined },
  options: OutboxOptions,
): Promise<void> {
  const { dir, files } = options;
  const folder = `${dir}/${SET_ASIDE}`;
  await files.makeDir(folder, { mode: 0o700 });
  if (bytes === undefined) await files.rename(`${dir}/${file}`, `${folder}/${file}`);
  else await files.writeDurable(`${folder}/${file}`, [bytes], 0o600);
}

/**
 * Keeps what was set aside within the limit of the outbox: what came first goes first, with a line each.
 *
 * @throws the disk's error
 */
export async function pruneSetAside({ dir, files, maxBytes, log }: OutboxOptions): Promise<void> {
  const folder = `${dir}/${SET_ASIDE}`;
  const names = await files.list(folder); // by the time they were made
  const sizes = await Promise.all(names.map(async (name) => (await files.stat(`${folder}/${name}`))?.sizeBytes ?? 0));
  let total = sizes.reduce((sum, size) => sum + size, 0);
  for (const [at, name] of names.entries()) {
    if (total <= maxBytes || at === names.length - 1) return; // the latest one stays in any case
    await files.remove(`${folder}/${name}`);
    total -= sizes[at] ?? 0;
    log.warn('result.removed', { file: name, folder });
  }
}

/** Holds what is no whole result, as it was found. */
export const CORRUPT = 'corrupt';

/** Moves a file out of the way, where the operator can inspect it. A half-written temporary file ends here too. */
export async function setAside(name: string, { dir, files, log }: OutboxOptions, jobId?: JobId): Promise<void> {
  log.error('result.corrupt', { file: name, ...(jobId === undefined ? {} : { jobId }), movedTo: `${dir}/${CORRUPT}` });
  try {
    await files.makeDir(`${dir}/${CORRUPT}`, { mode: 0o700 });
    await files.rename(`${dir}/${name}`, `${dir}/${CORRUPT}/${name}`);
  } catch (thrown) {
    log.warn('result.not-removed', { file: name, error: errorChain(thrown) });
  }
}

/** Keeps damaged bytes of the journal where the operator can inspect them. */
export async function setAsideBytes(
  name: string,
  bytes: Uint8Array,
  options: OutboxOptions,
  jobId?: JobId,
): Promise<void> {
  const { dir, files, log } = options;
  log.error('result.corrupt', { file: name, ...(jobId === undefined ? {} : { jobId }), movedTo: `${dir}/${CORRUPT}` });
  try {
    await files.makeDir(`${dir}/${CORRUPT}`, { mode: 0o700 });
    await files.writeAtomic(`${dir}/${CORRUPT}/${name}`, bytes, { mode: 0o600 });
  } catch (thrown) {
    log.warn('result.not-set-aside', { file: name, error: errorChain(thrown) });
  }
}
