import { bytesIn } from '../../base/bytes.ts';
import type { JobId } from '../../base/ids.ts';
import { errorChain, WorkerError } from '../../base/errors.ts';
import { DAY_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Sha256 } from '../../system/disk/digest.ts';
import type { Files } from '../../system/disk/files.ts';
import { EntryIndex } from './entry-index.ts';
import {
  ENTRY_NAME,
  type EntryHeader,
  entryName,
  hasHeader,
  type OutboxEntry,
  readEntry,
  readHeader,
  writeEntry,
} from './entry.ts';
import { openJournal } from './journal.ts';

export type NewEntry = Omit<EntryHeader, 'sizeBytes' | 'sha256' | 'createdAt'>;

/**
 * Finished results that survive a crash and a power cut until the studio has them: small ones in a journal, the others
 * each in a file of its own. One process at a time may have it open.
 */
export interface Outbox {
  /** On disk, fsynced, when it resolves. A second result of the same job and kind replaces the first. @throws the disk's error */
  put(entry: NewEntry, payload: Uint8Array): Promise<OutboxEntry>;
  /** Reads and verifies an entry. Undefined when it is damaged or gone; it is then set aside and logged. */
  load(entry: OutboxEntry): Promise<{ readonly prompt: string; readonly payload: Uint8Array } | undefined>;
  /**
   * Forgets an entry; what it takes on disk may go a moment later. Never throws: at worst it is offered once more after a
   * restart.
   */
  remove(entry: OutboxEntry): Promise<void>;
  /** Oldest first. */
  entries(): readonly OutboxEntry[];
  /** Discards what is older than the limit, logs each and returns them. */
  expire(): Promise<readonly OutboxEntry[]>;
  hasRoom(): boolean;
  pending(): { readonly count: number; readonly sizeBytes: number };
  /** Waits until removed files are gone and lets go of open ones. It works on after that. Never throws. */
  close(): Promise<void>;
}

export interface OutboxOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly maxAgeMs?: number;
  readonly files: Files;
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly sha256: Sha256;
  readonly log: Logger;
}

/** Why a result was discarded that the studio never got. */
export const EXPIRED = 'it waited too long for the studio';
export const UNREADABLE = 'its copy on disk is damaged or gone';

/** After a week nobody waits for a result any more, and most studios have long given the job to another worker. */
const MAX_AGE_MS = 7 * DAY_MS;
const JOURNAL = 'journal';

/**
 * Opens the folder, creating it for its owner alone, and takes in what earlier processes left. Never throws for bad files.
 *
 * @throws WorkerError `folder.unusable` | `disk.full`
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { dir, files, clock, sha256, log, maxAgeMs = MAX_AGE_MS } = options;
  const index = new EntryIndex(clock, maxAgeMs);
  const removals = new Set<Promise<void>>();

  const remove = async (entry: OutboxEntry): Promise<void> => {
    index.forget(entry);
    try {
      if (journal.has(entry.file)) return journal.remove(entry.file);
    } catch (thrown) {
      log.warn('result.not-removed', { jobId: entry.jobId, error: errorChain(thrown) });
      return;
    }
    // Not waited for: unlinking a large file takes longer than all the rest, and the next job need not wait for it.
    const removal = files
      .remove(`${dir}/${entry.file}`)
      .catch((thrown: unknown) => {
        log.warn('result.not-removed', { jobId: entry.jobId, error: errorChain(thrown) });
      })
      .finally(() => removals.delete(removal));
    removals.add(removal);
  };
  const expire = async (): Promise<readonly OutboxEntry[]> => {
    const expired = index.expired();
    for (const entry of expired) {
      log.warn('result.discarded', { jobId: entry.jobId, because: EXPIRED });
      await remove(entry);
    }
    return expired;
  };

  for (const name of await openFolder(dir, files)) {
    const entry = await takeIn(name, options);
    if (entry !== undefined) index.add(entry);
  }
  const { journal, found } = await openJournal({
    path: `${dir}/${JOURNAL}`,
    files,
    sha256,
    log,
    onDamage: ({ at, bytes }) => setAsideBytes(`${JOURNAL}-${clock.now()}-${at}`, bytes, options),
  });
  for (const header of found) index.add(factsOf(header, entryName(header, sha256)));
  await expire();

  const store = async (file: string, parts: readonly Uint8Array[]): Promise<void> => {
    if (journal.takes(bytesIn(parts))) await journal.put(file, parts);
    else await files.writeDurable(`${dir}/${file}`, parts, 0o600);
  };

  return {
    async put(entry, payload) {
      const header = {
        ...entry,
        createdAt: index.nextCreatedAt(),
        sizeBytes: payload.byteLength,
        sha256: sha256(payload).toHex(),
      };
      const file = entryName(header, sha256);
      await store(file, writeEntry(header, payload, sha256));
      const older = index.matching((other) => sameResult(other, header));
      const added = factsOf(header, file);
      index.add(added);
      for (const other of older) await remove(other);
      return added;
    },
    async load(entry) {
      const isRecord = journal.has(entry.file);
      const bytes = isRecord ? journal.read(entry.file) : await files.readBytes(`${dir}/${entry.file}`);
      const read = bytes && readEntry(bytes, sha256);
      if (read !== undefined) return { prompt: read.header.prompt, payload: read.payload };
      index.forget(entry);
      if (bytes === undefined) log.warn('result.discarded', { jobId: entry.jobId, because: 'its file is gone' });
      else if (isRecord) {
        await setAsideBytes(entry.file, bytes, options, entry.jobId);
        await remove(entry);
      } else await setAside(entry.file, options, entry.jobId);
      return undefined;
    },
    remove,
    entries: () => index.entries(),
    expire,
    hasRoom: () => index.sizeBytes < options.maxBytes,
    pending: () => ({ count: index.count, sizeBytes: index.sizeBytes }),
    async close() {
      await Promise.all(removals);
      journal.close();
    },
  };
}

/** Names of what is in the folder, which is created when it is missing. */
async function openFolder(dir: string, files: Files): Promise<readonly string[]> {
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

/** What a file in the folder holds; a file that holds nothing of use is set aside. */
async function takeIn(name: string, options: OutboxOptions): Promise<OutboxEntry | undefined> {
  if (name === CORRUPT || name === JOURNAL) return undefined;
  try {
    // The journal's copy of itself, which a crash kept from its place: the journal has all that it holds.
    if (name.startsWith(`${JOURNAL}.`))
      return await options.files.remove(`${options.dir}/${name}`).then(() => undefined);
    const read = ENTRY_NAME.test(name) ? await readHead(`${options.dir}/${name}`, options) : undefined;
    if (read !== undefined) return factsOf(read, name);
  } catch (thrown) {
    options.log.warn('result.unreadable', { file: name, error: errorChain(thrown) });
    return undefined;
  }
  await setAside(name, options);
  return undefined;
}

/** The header without the payload, which may be large. */
async function readHead(path: string, options: OutboxOptions): Promise<EntryHeader | undefined> {
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

const CORRUPT = 'corrupt';

/** Moves a file out of the way, where the operator can inspect it. A half-written temporary file ends here too. */
async function setAside(name: string, { dir, files, log }: OutboxOptions, jobId?: JobId): Promise<void> {
  log.error('result.corrupt', { file: name, ...(jobId === undefined ? {} : { jobId }), movedTo: `${dir}/${CORRUPT}` });
  try {
    await files.makeDir(`${dir}/${CORRUPT}`, { mode: 0o700 });
    await files.rename(`${dir}/${name}`, `${dir}/${CORRUPT}/${name}`);
  } catch (thrown) {
    log.warn('result.not-removed', { file: name, error: errorChain(thrown) });
  }
}

/** Keeps damaged bytes of the journal where the operator can inspect them. */
async function setAsideBytes(name: string, bytes: Uint8Array, options: OutboxOptions, jobId?: JobId): Promise<void> {
  const { dir, files, log } = options;
  log.error('result.corrupt', { file: name, ...(jobId === undefined ? {} : { jobId }), movedTo: `${dir}/${CORRUPT}` });
  try {
    await files.makeDir(`${dir}/${CORRUPT}`, { mode: 0o700 });
    await files.writeAtomic(`${dir}/${CORRUPT}/${name}`, bytes, { mode: 0o600 });
  } catch (thrown) {
    log.warn('result.not-set-aside', { file: name, error: errorChain(thrown) });
  }
}

const sameResult = (a: OutboxEntry, b: EntryHeader): boolean =>
  a.jobId === b.jobId && a.kind === b.kind && a.workerId === b.workerId && a.studio === b.studio;

const factsOf = (header: EntryHeader, file: string): OutboxEntry => {
  const { prompt: _prompt, sha256: _sha256, ...facts } = header;
  return { ...facts, file };
};
