import { WorkerError } from '../../../base/errors.ts';
import type { Clock } from '../../../system/clock.ts';
import type { Sha256 } from '../../../system/disk/digest.ts';
import type { Files } from '../../../system/disk/files.ts';
import { ENTRY_NAME, type EntryHeader, entryName, readEntry, writeEntry } from '../entry.ts';
import { type RecordSpan, readRecords } from '../journal/record.ts';
import { CORRUPT, JOURNAL, readHead, SET_ASIDE } from '../outbox-folder.ts';

/** Where a result is: on its way to the studio, set aside from delivery, or damaged. */
export type KeptPlace = 'waiting' | 'set-aside' | 'damaged';

/** A result on this machine's disk. */
export interface KeptResult {
  /** The name of its file, or of its record in the journal. */
  readonly id: string;
  readonly place: KeptPlace;
  /** Of the content; of the whole file where nothing else is known. */
  readonly sizeBytes: number;
  /** Milliseconds since the epoch: when it was made, or its file was last written. */
  readonly at: number;
  /** Absent of what is damaged. */
  readonly header?: EntryHeader;
}

/**
 * The results that an outbox keeps, beside the worker that may have it open: reading changes nothing, and what is changed
 * are files that no worker reads.
 */
export interface KeptResults {
  readonly folder: string;
  /** Waiting ones first, each group oldest first. */
  list(): Promise<readonly KeptResult[]>;
  /** What the studio would receive; of a damaged one the bytes there are. @throws WorkerError `file.unusable` */
  content(result: KeptResult): Promise<Uint8Array>;
  /**
   * Puts one that was set aside back among those that wait, as made now, so that it does not expire at once. Gives its
   * new id; a running worker has to be told.
   *
   * @throws WorkerError `file.unusable` when it is damaged | `disk.full`
   */
  requeue(result: KeptResult): Promise<string>;
  /** Removes one that does not wait. */
  remove(result: KeptResult): Promise<void>;
}

export interface KeptOptions {
  readonly folder: string;
  readonly files: Files;
  readonly sha256: Sha256;
  readonly clock: Pick<Clock, 'now'>;
}

/** The studio takes no larger result. */
const MAX_BYTES = 1 << 30;
const JOURNAL_MAX_BYTES = 64 << 20;

/** Reads nothing before it is asked to. */
export const openKeptResults = (options: KeptOptions): KeptResults => ({
  folder: options.folder,
  list: async () => [
    ...[...(await waitingFiles(options)), ...(await journalled(options))].toSorted(byAge),
    ...(await setAsideOnes(options)).toSorted(byAge),
    ...(await damagedOnes(options)).toSorted(byAge),
  ],
  content: async (result) => {
    const bytes = await bytesOf(result, options);
    return result.place === 'damaged' ? bytes : wholeEntry(bytes, result, options.sha256).content;
  },
  requeue: (result) => requeue(result, options),
  remove: async ({ id, place }) => await options.files.remove(`${folderOf(place, options.folder)}/${id}`),
});

async function requeue(result: KeptResult, options: KeptOptions): Promise<string> {
  const { folder, files, sha256, clock } = options;
  const { header, content } = wholeEntry(await bytesOf(result, options), result, sha256);
  const renewed = { ...header, createdAt: clock.now() };
  const id = entryName(renewed, sha256);
  await files.writeDurable(`${folder}/${id}`, writeEntry(renewed, content, sha256), 0o600);
  await files.remove(`${folderOf(result.place, folder)}/${result.id}`);
  return id;
}

const byAge = (a: KeptResult, b: KeptResult): number => a.at - b.at;

const folderOf = (place: KeptPlace, folder: string): string =>
  place === 'waiting' ? folder : `${folder}/${place === 'damaged' ? CORRUPT : SET_ASIDE}`;

const waitingFiles = (options: KeptOptions): Promise<readonly KeptResult[]> => entriesIn('waiting', options);
const setAsideOnes = (options: KeptOptions): Promise<readonly KeptResult[]> => entriesIn('set-aside', options);

/** The results in a folder; what is none is left out, and one whose header cannot be read counts as damaged. */
async function entriesIn(place: KeptPlace, options: KeptOptions): Promise<readonly KeptResult[]> {
  const folder = folderOf(place, options.folder);
  const results: KeptResult[] = [];
  for (const id of (await options.files.list(folder)).filter((name) => ENTRY_NAME.test(name))) {
    const facts = await options.files.stat(`${folder}/${id}`);
    if (!facts?.isFile) continue; // delivered in the meantime, or never a result
    const header = await readHead(`${folder}/${id}`, options).catch(() => undefined);
    results.push(header === undefined ? unread(id, place, facts) : resultOf(id, place, header));
  }
  return results;
}

const resultOf = (id: string, place: KeptPlace, header: EntryHeader): KeptResult => ({
  id,
  place,
  sizeBytes: header.sizeBytes,
  at: header.createdAt,
  header,
});

const unread = (
  id: string,
  place: KeptPlace,
  { sizeBytes, modifiedAt }: { readonly sizeBytes: number; readonly modifiedAt: number },
): KeptResult => ({ id, place, sizeBytes, at: Math.round(modifiedAt) });

/** Whatever lies there: nothing in it is opened, since it may be anything. */
async function damagedOnes(options: KeptOptions): Promise<readonly KeptResult[]> {
  const folder = folderOf('damaged', options.folder);
  const results: KeptResult[] = [];
  for (const id of await options.files.list(folder)) {
    const facts = await options.files.stat(`${folder}/${id}`);
    if (facts?.isFile) results.push(unread(id, 'damaged', facts));
  }
  return results;
}

const journalled = async (options: KeptOptions): Promise<readonly KeptResult[]> => {
  const { live } = await readJournal(options);
  return [...live].map(([id, { header }]) => resultOf(id, 'waiting', header));
};

/** The journal as it is at this moment, which a running worker may be writing: a record it has not finished is left out. */
async function readJournal({ folder, files, sha256 }: KeptOptions) {
  const live = new Map<string, RecordSpan & { readonly header: EntryHeader }>();
  const bytes = (await files.readNamedBytes(`${folder}/${JOURNAL}`, JOURNAL_MAX_BYTES)) ?? new Uint8Array();
  for (const record of readRecords(bytes, sha256)) {
    if (record.is === 'put') live.set(entryName(record.header, sha256), record);
    else if (record.is === 'removal') live.delete(record.name);
  }
  return { bytes, live };
}

async function bytesOf({ id, place }: KeptResult, options: KeptOptions): Promise<Uint8Array> {
  const path = `${folderOf(place, options.folder)}/${id}`;
  const bytes = await options.files.readNamedBytes(path, MAX_BYTES);
  if (bytes !== undefined) return bytes;
  const { bytes: journal, live } = await readJournal(options);
  const span = place === 'waiting' ? live.get(id) : undefined;
  if (span !== undefined) return journal.subarray(span.bodyAt, span.bodyAt + span.bodyBytes);
  throw new WorkerError('file.unusable', `${path} is gone`, {
    hint: 'List the results again: this one was delivered or removed.',
  });
}

function wholeEntry(bytes: Uint8Array, { id }: KeptResult, sha256: Sha256) {
  const entry = readEntry(bytes, sha256);
  if (entry !== undefined) return entry;
  throw new WorkerError('file.unusable', `the result ${id} is damaged`, {
    hint: 'Look at its bytes with `studio-worker outbox export`, or remove it with `studio-worker outbox discard`.',
  });
}
