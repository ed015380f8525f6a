import { bytesIn } from '../../base/bytes.ts';
import { errorChain } from '../../base/errors.ts';
import type { JobId } from '../../base/ids.ts';
import { codeOf } from '../../base/system-code.ts';
import { DAY_MS } from '../../base/units.ts';
import {
  ENTRY_NAME,
  type EntryHeader,
  entryName,
  factsOf,
  isSameResult,
  type OutboxEntry,
  readEntry,
  writeEntry,
} from './entry.ts';
import { EntryIndex } from './entry-index.ts';
import { type Journal, openJournal } from './journal/journal.ts';
import {
  JOURNAL,
  moveAside,
  openFolder,
  type OutboxOptions,
  pruneSetAside,
  SET_ASIDE,
  setAside,
  setAsideBytes,
  readEntryFile,
} from './outbox-folder.ts';
import { UnreadFiles } from './unread-files.ts';

/*
 * One answer over two ways to keep a result. Whoever asks does not learn which it was: what is read back was verified, what
 * cannot be is set aside and never lost, and what is removed stays removed after a power cut or is offered once more. Those
 * promises hold only if every change of the index is beside the change of the disk, so they are kept in one class.
 */

export type NewEntry = Omit<EntryHeader, 'sizeBytes' | 'sha256' | 'createdAt'>;

/**
 * Finished results that survive a crash and a power cut until the studio has them: small ones in a journal, the others
 * each in a file of its own. One process at a time may have it open.
 */
export interface Outbox {
  /** On disk, fsynced, when it resolves. A second result of the same job and kind replaces the first. @throws the disk's error */
  put(entry: NewEntry, content: Uint8Array): Promise<OutboxEntry>;
  /** Reads and verifies an entry. Undefined when it is damaged or gone; it is then set aside and logged. */
  load(entry: OutboxEntry): Promise<{ readonly prompt: string; readonly content: Uint8Array } | undefined>;
  /** Whether an entry is still on disk, from which somebody may have removed it. Never throws. */
  holds(entry: OutboxEntry): Promise<boolean>;
  /**
   * Forgets an entry; what it takes on disk may go a moment later. Never throws: at worst it is offered once more after a
   * restart.
   */
  remove(entry: OutboxEntry): Promise<void>;
  /** Takes in a file that a command put into the folder. False when there is no such result, or it is known. Never throws. */
  takeIn(file: string): Promise<boolean>;
  /** Moves an entry out of the way of delivery, to where the operator finds it, and logs why. Never throws. */
  setAside(entry: OutboxEntry, because: string): Promise<void>;
  /** Settles once all that earlier processes left is known, or the outbox is closed. Never rejects. */
  readonly whole: Promise<void>;
  /** Oldest first; none while files are unread, since each of them may be older than those that are known. */
  entries(): readonly OutboxEntry[];
  /** The one of this name; undefined where there is none, or it is not read yet. */
  entryOf(file: string): OutboxEntry | undefined;
  /** The JSON results among them, one at a time; read lazily, so the first few cost no look at the others. */
  json(): Iterable<OutboxEntry>;
  /** Those of one job that are known, oldest first, however many others there are. */
  ofJob(jobId: JobId): readonly OutboxEntry[];
  /** Sets aside what is older than the limit, logs each and returns them. */
  expire(): Promise<readonly OutboxEntry[]>;
  space(): OutboxSpace;
  /** How many there are, and the size of those that were read. */
  pending(): { readonly count: number; readonly sizeBytes: number };
  /** Reads no further, waits until removed files are gone, and lets go of open ones. It works on after that. Never throws. */
  close(): Promise<void>;
}

/** Whether one more result may be kept: `unread` while nobody knows how large those of earlier processes are. */
export type OutboxSpace = 'free' | 'full' | 'unread';

/** Why the studio never got a result. */
export const EXPIRED = 'it waited too long for the studio';
export const UNREADABLE = 'its copy on disk is damaged or gone';

/** After a week nobody still waits for a result, and most studios have long given the job to another worker. */
const MAX_AGE_MS = 7 * DAY_MS;

/** So many files are read within 10 ms; nobody need wait for more of them. */
const MAX_READ_AT_OPENING = 256;

/**
 * Opens the folder, creating it for its owner alone, and takes in what earlier processes left: many files by and by, while
 * the outbox is in use. Never throws for bad files.
 *
 * @throws WorkerError `folder.unusable` | `disk.full`
 */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { dir, files, clock, sha256, log, maxAgeMs = MAX_AGE_MS } = options;
  const index = new EntryIndex(clock, maxAgeMs);
  const unread = new UnreadFiles(await openFolder(options), index, options);
  await unread.read(MAX_READ_AT_OPENING);
  const { journal, found } = await openJournal({
    path: `${dir}/${JOURNAL}`,
    files,
    sha256,
    log,
    onDamage: ({ at, bytes }) => setAsideBytes(`${JOURNAL}-${clock.now()}-${at}`, bytes, options),
  });
  for (const header of found) index.add(factsOf(header, entryName(header, sha256)));
  const outbox = new DiskOutbox(options, index, journal, unread);
  if (unread.count === 0) await outbox.whole;
  return outbox;
}

class DiskOutbox implements Outbox {
  readonly #options: OutboxOptions;
  readonly #index: EntryIndex;
  readonly #journal: Journal;
  readonly #unread: UnreadFiles;
  readonly #closing = new AbortController();
  /** Files that are being unlinked. */
  readonly #removals = new Set<Promise<void>>();
  readonly whole: Promise<void>;

  constructor(options: OutboxOptions, index: EntryIndex, journal: Journal, unread: UnreadFiles) {
    this.#options = options;
    this.#index = index;
    this.#journal = journal;
    this.#unread = unread;
    this.whole = this.#readAll();
  }

  async put(entry: NewEntry, content: Uint8Array): Promise<OutboxEntry> {
    const { sha256 } = this.#options;
    const createdAt = this.#index.nextCreatedAt();
    const header = { ...entry, createdAt, sizeBytes: content.byteLength, sha256: sha256(content).toHex() };
    const file = entryName(header, sha256);
    await this.#store(file, writeEntry(header, content, sha256));
    await this.#unread.readOf(header.jobId);
    const older = this.#index.ofJob(header.jobId).filter((other) => isSameResult(other, header));
    const added = factsOf(header, file);
    this.#index.add(added);
    for (const other of older) await this.remove(other);
    return added;
  }

  async load(entry: OutboxEntry): Promise<{ readonly prompt: string; readonly content: Uint8Array } | undefined> {
    const { dir, files, sha256, log } = this.#options;
    const isRecord = this.#journal.has(entry.file);
    const bytes = isRecord ? this.#journal.read(entry.file) : await files.readBytes(`${dir}/${entry.file}`);
    const read = bytes && readEntry(bytes, sha256);
    if (read !== undefined) return { prompt: read.header.prompt, content: read.content };
    this.#index.forget(entry);
    if (bytes === undefined) log.warn('result.discarded', { jobId: entry.jobId, because: 'its file is gone' });
    else if (isRecord) {
      await setAsideBytes(entry.file, bytes, this.#options, entry.jobId);
      await this.remove(entry);
    } else await setAside(entry.file, this.#options, entry.jobId);
    return undefined;
  }

  async holds({ file }: OutboxEntry): Promise<boolean> {
    const { dir, files } = this.#options;
    try {
      if (!this.#journal.has(file)) return (await files.stat(`${dir}/${file}`))?.isFile === true;
      this.#journal.restore();
      return true;
    } catch {
      return false; // what cannot be read cannot be sent either: the result is written once more, and that failure is logged
    }
  }

  async remove(entry: OutboxEntry): Promise<void> {
    const { dir, files } = this.#options;
    this.#index.forget(entry);
    try {
      if (this.#journal.has(entry.file)) return this.#journal.remove(entry.file);
    } catch (thrown) {
      return this.#logNotRemoved(entry, thrown);
    }
    // Not waited for: unlinking a large file takes longer than all the rest, and the next job need not wait for it.
    const removal = files
      .remove(`${dir}/${entry.file}`)
      .catch((thrown: unknown) => this.#logNotRemoved(entry, thrown))
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  async takeIn(file: string): Promise<boolean> {
    const { dir, files } = this.#options;
    await this.whole;
    if (this.#index.has(file) || !ENTRY_NAME.test(file) || (await files.stat(`${dir}/${file}`)) === undefined)
      return false;
    const entry = await readEntryFile(file, this.#options);
    if (entry !== undefined) this.#index.add(entry);
    return entry !== undefined;
  }

  async setAside(entry: OutboxEntry, because: string): Promise<void> {
    await this.#setAside([entry], because);
  }

  async expire(): Promise<readonly OutboxEntry[]> {
    const expired = this.#index.expired();
    await this.#setAside(expired, EXPIRED);
    return expired;
  }

  entries(): readonly OutboxEntry[] {
    return this.#unread.count > 0 ? [] : this.#index.entries();
  }

  entryOf(file: string): OutboxEntry | undefined {
    return this.#index.entryOf(file);
  }

  json(): Iterable<OutboxEntry> {
    return this.#unread.count > 0 ? [] : this.#index.json();
  }

  ofJob(jobId: JobId): readonly OutboxEntry[] {
    return this.#index.ofJob(jobId);
  }

  space(): OutboxSpace {
    if (this.#index.sizeBytes >= this.#options.maxBytes) return 'full';
    return this.#unread.count > 0 ? 'unread' : 'free';
  }

  pending(): { readonly count: number; readonly sizeBytes: number } {
    return { count: this.#index.count + this.#unread.count, sizeBytes: this.#index.sizeBytes };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.whole;
    await Promise.all(this.#removals);
    this.#journal.close();
  }

  async #readAll(): Promise<void> {
    await this.#unread.read(Number.POSITIVE_INFINITY, this.#closing.signal);
    if (!this.#closing.signal.aborted) await this.expire();
  }

  async #setAside(entries: readonly OutboxEntry[], because: string): Promise<void> {
    for (const entry of entries) await this.#moveAside(entry, because);
    if (entries.length === 0) return;
    await pruneSetAside(this.#options).catch((thrown: unknown) => {
      this.#options.log.warn('result.not-pruned', {
        path: `${this.#options.dir}/${SET_ASIDE}`,
        error: errorChain(thrown),
      });
    });
  }

  async #moveAside(entry: OutboxEntry, because: string): Promise<void> {
    const { file, jobId } = entry;
    const { dir, log } = this.#options;
    this.#index.forget(entry);
    try {
      const bytes = this.#journal.has(file) ? this.#journal.read(file) : undefined;
      await moveAside({ file, bytes }, this.#options);
      if (bytes !== undefined) this.#journal.remove(file);
      log.warn('result.set-aside', { jobId, movedTo: `${dir}/${SET_ASIDE}/${file}`, because });
    } catch (thrown) {
      this.#logNotRemoved(entry, thrown); // it stays where it is, and is offered again after a restart
    }
  }

  async #store(file: string, parts: readonly Uint8Array[]): Promise<void> {
    const { dir, files, log } = this.#options;
    if (this.#journal.takes(bytesIn(parts))) return await this.#journal.put(file, parts);
    const write = (): Promise<void> => files.writeDurable(`${dir}/${file}`, parts, 0o600);
    await write().catch(async (thrown: unknown) => {
      if (codeOf(thrown) !== 'ENOENT') throw thrown;
      await files.makeDir(dir, { mode: 0o700 }); // somebody removed the folder
      log.warn('outbox.recreated', { path: dir });
      await write();
    });
  }

  #logNotRemoved({ jobId }: OutboxEntry, thrown: unknown): void {
    this.#options.log.warn('result.not-removed', { jobId, error: errorChain(thrown) });
  }
}
