import { bytesIn } from '../../../base/bytes.ts';
import { errorChain } from '../../../base/errors.ts';
import { KIB, MIB } from '../../../base/units.ts';
import type { Logger } from '../../../log/logger.ts';
import type { AppendFile } from '../../../system/disk/append-file.ts';
import type { Sha256 } from '../../../system/disk/digest.ts';
import type { Files } from '../../../system/disk/files.ts';
import { type EntryHeader, entryName } from '../entry.ts';
import { type Damage, HEAD_BYTES, type RecordSpan, putRecord, readRecords, removalRecord } from './record.ts';

/**
 * Small results in one file: putting one is an append and one sync, a quarter of what a file of its own costs.
 * Removing one is an append without a sync: after a power cut it may be offered once more, which the studio answers.
 *
 *   put ─append, sync─▶ live ─append─▶ dead ─nothing live, or little of much─▶ cut back
 */
export interface Journal {
  /** Whether an entry of this size belongs here, and there is room for it. */
  takes(sizeBytes: number): boolean;
  /** On disk when it resolves. Puts of one turn share a sync. @throws the disk's error */
  put(name: string, entry: readonly Uint8Array[]): Promise<void>;
  has(name: string): boolean;
  /** The entry as it is on disk, unchecked; empty when it is not here. @throws the disk's error */
  read(name: string): Uint8Array;
  /** @throws the disk's error; the entry is forgotten all the same */
  remove(name: string): void;
  /** Makes the file anew, with all it held, when somebody removed it or its folder. @throws the disk's error */
  restore(): void;
  /** Lets go of the file. Whoever puts another entry opens it again. */
  close(): void;
}

export interface JournalOptions {
  readonly path: string;
  readonly files: Files;
  readonly sha256: Sha256;
  readonly log: Logger;
  /** Is given bytes that are no sound record, before they are cut away. */
  readonly onDamage: (damage: Damage) => Promise<void>;
}

/** A larger entry is written once instead of being moved about with the others. */
const MAX_ENTRY_BYTES = 64 * KIB;
/** From here on the dead records are cut away, as soon as that is cheap. */
const CUT_FROM_BYTES = 4 * MIB;
/** Read whole at start, so it stays small; beyond it, entries get files of their own until others are delivered. */
const MAX_BYTES = 8 * MIB;

interface Waiting {
  readonly name: string;
  readonly entry: readonly Uint8Array[];
  readonly resolve: () => void;
  readonly reject: (thrown: unknown) => void;
}

/** Opens the journal and returns what it holds. Never throws: one that cannot be read takes nothing until the next start. */
export async function openJournal(
  options: JournalOptions,
): Promise<{ readonly journal: Journal; readonly found: readonly EntryHeader[] }> {
  const { path, files, sha256, log, onDamage } = options;
  const contents = await files.readBytes(path).catch((thrown: unknown) => {
    log.warn('result.unreadable', { file: path, error: errorChain(thrown) });
    return 'unreadable' as const;
  });
  if (contents === 'unreadable') return { journal: new UnreadableJournal(options, new Map(), 0), found: [] };

  const bytes = contents ?? new Uint8Array();
  const live = new Map<string, RecordSpan & { readonly header: EntryHeader }>();
  let endAt = 0;
  let isDamaged = false;
  for (const record of readRecords(bytes, sha256)) {
    if (record.is === 'damage') {
      isDamaged = true;
      await onDamage(record);
      continue;
    }
    if (record.is === 'put') live.set(entryName(record.header, sha256), record);
    else live.delete(record.name);
    endAt = record.bodyAt + record.bodyBytes;
  }
  const journal = new FileJournal(options, live, endAt);
  if (bytes.byteLength > 0 && (isDamaged || live.size === 0)) journal.cutBack();
  return { journal, found: [...live.values()].map((record) => record.header) };
}

class FileJournal implements Journal {
  readonly #options: JournalOptions;
  readonly #waiting: Waiting[] = [];
  #places: Map<string, RecordSpan>;
  #liveBytes: number;
  #endAt: number;
  #cutFrom = CUT_FROM_BYTES;
  #opened: AppendFile | undefined;

  constructor(options: JournalOptions, found: ReadonlyMap<string, RecordSpan>, endAt: number) {
    this.#options = options;
    this.#places = new Map([...found].map(([name, { bodyAt, bodyBytes }]) => [name, { bodyAt, bodyBytes }]));
    this.#liveBytes = sumOf(this.#places);
    this.#endAt = endAt;
  }

  takes(sizeBytes: number): boolean {
    return sizeBytes <= MAX_ENTRY_BYTES && this.#endAt + HEAD_BYTES + sizeBytes <= MAX_BYTES;
  }

  put(name: string, entry: readonly Uint8Array[]): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ name, entry, resolve, reject }) === 1) queueMicrotask(() => this.#commit());
    });
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  read(name: string): Uint8Array {
    const place = this.#places.get(name);
    return place === undefined ? new Uint8Array() : this.#file().read(place.bodyAt, place.bodyBytes);
  }

  remove(name: string): void {
    const place = this.#places.get(name);
    if (place === undefined) return;
    this.#places.delete(name);
    this.#liveBytes -= place.bodyBytes;
    this.#append(removalRecord(name, this.#endAt, this.#options.sha256), { durable: false });
    if (this.#endAt >= this.#cutFrom && this.#liveBytes * 4 <= this.#endAt) this.cutBack();
  }

  restore(): void {
    const file = this.#opened;
    if (file === undefined || file.isInPlace()) return;
    this.#places = moveLive(file, this.#places, this.#options.sha256); // the removed one is open, and can still be read
    this.#endAt = file.endAt;
    file.sync();
    this.#options.log.warn('outbox.recreated', { path: this.#options.path });
  }

  close(): void {
    this.#opened?.close();
    this.#opened = undefined;
  }

  /**
   * Leaves nothing in the file but what is live. In one go, so that nothing is put or removed in between: it is a few
   * milliseconds in thousands of results.
   */
  cutBack(): void {
    try {
      // Without a sync: at worst the last ones come back after a power cut, and are offered again.
      if (this.#places.size === 0) this.#file().cutTo(0);
      else this.#places = moveLive(this.#file(), this.#places, this.#options.sha256);
      this.#endAt = this.#file().endAt;
      this.#cutFrom = CUT_FROM_BYTES;
    } catch (thrown) {
      this.#cutFrom = this.#endAt + MIB; // not again for each removal
      this.#options.log.warn('journal.not-cut', { file: this.#options.path, error: errorChain(thrown) });
    }
  }

  #file(): AppendFile {
    return (this.#opened ??= this.#options.files.openAppend(this.#options.path, this.#endAt));
  }

  /** All that wait, in one write with one sync. */
  #commit(): void {
    const batch = this.#waiting.splice(0);
    try {
      this.restore();
      const { parts, added } = recordsOf(batch, this.#endAt, this.#options.sha256);
      this.#append(parts, { durable: true });
      for (const [name, place] of added) this.#places.set(name, place);
      this.#liveBytes += sumOf(added);
      for (const { resolve } of batch) resolve();
    } catch (thrown) {
      for (const { reject } of batch) reject(thrown);
    }
  }

  #append(parts: readonly Uint8Array[], { durable }: { readonly durable: boolean }): void {
    const to = this.#file();
    to.append(parts);
    try {
      if (durable) to.sync();
    } catch (thrown) {
      // What was reported as not kept should not come back. If it does all the same, it is offered once too often.
      to.cutTo(this.#endAt);
      throw thrown;
    }
    this.#endAt = to.endAt;
  }
}

/** Cannot be read, so that nothing is added to it. */
class UnreadableJournal extends FileJournal {
  override takes(): boolean {
    return false;
  }
}

/** The records of these entries from a place on, and where each entry will be. */
function recordsOf(batch: readonly Waiting[], endAt: number, sha256: Sha256) {
  const parts: Uint8Array[] = [];
  const added = new Map<string, RecordSpan>();
  let at = endAt;
  for (const { name, entry } of batch) {
    parts.push(...putRecord(entry, at, sha256));
    const place = { bodyAt: at + HEAD_BYTES, bodyBytes: bytesIn(entry) };
    added.set(name, place);
    at = place.bodyAt + place.bodyBytes;
  }
  return { parts, added };
}

/** Writes a journal of these entries over the old one, and returns where they are now. */
function moveLive(file: AppendFile, places: ReadonlyMap<string, RecordSpan>, sha256: Sha256): Map<string, RecordSpan> {
  const moved = new Map<string, RecordSpan>();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, place] of [...places].toSorted(([, a], [, b]) => a.bodyAt - b.bodyAt)) {
    const body = file.read(place.bodyAt, place.bodyBytes);
    parts.push(...putRecord([body], at, sha256));
    moved.set(name, { bodyAt: at + HEAD_BYTES, bodyBytes: body.byteLength });
    at += HEAD_BYTES + body.byteLength;
  }
  file.replace(parts);
  return moved;
}

const sumOf = (places: ReadonlyMap<string, RecordSpan>): number =>
  [...places.values()].reduce((sum, place) => sum + place.bodyBytes, 0);
