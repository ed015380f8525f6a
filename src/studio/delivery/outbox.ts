import type { JobId } from '../../base/ids.ts';
import { errorChain } from '../../base/errors.ts';
import { DAY_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { Sha256 } from '../../system/digest.ts';
import type { Files } from '../../system/files.ts';
import { type EntryHeader, hasHeader, readEntry, readHeader, writeEntry } from './entry-file.ts';

/** A result waiting on disk. Its prompt and payload stay there until they are needed. */
export interface OutboxEntry extends Omit<EntryHeader, 'prompt' | 'sha256'> {
  readonly file: string;
}

export type NewEntry = Omit<EntryHeader, 'sizeBytes' | 'sha256' | 'createdAt'>;

/** Finished results, each in a file of its own, that survive a crash and a power cut until the studio has them. */
export interface Outbox {
  /** On disk, fsynced, when it resolves. A second result of the same job and kind replaces the first. @throws what the disk says */
  put(entry: NewEntry, payload: Uint8Array): Promise<OutboxEntry>;
  /** Reads and verifies an entry. Undefined when it is damaged or gone; it is then out of the way, and said so. */
  load(entry: OutboxEntry): Promise<{ readonly prompt: string; readonly payload: Uint8Array } | undefined>;
  /** Forgets an entry. Never throws: at worst it is offered once more after a restart. */
  remove(entry: OutboxEntry): Promise<void>;
  /** Oldest first. */
  entries(): readonly OutboxEntry[];
  /** Drops what is older than the limit, with a line for each. */
  expire(): Promise<void>;
  hasRoom(): boolean;
  pending(): { readonly count: number; readonly sizeBytes: number };
}

export interface OutboxOptions {
  readonly dir: string;
  readonly maxBytes: number;
  readonly maxAgeMs?: number;
  readonly files: Files;
  readonly clock: Pick<Clock, 'now'>;
  readonly sha256: Sha256;
  readonly log: Logger;
}

/** After a week nobody waits for a result any more, and most studios have long given the job to another worker. */
const MAX_AGE_MS = 7 * DAY_MS;
/** `<created>-<hash of the job id>.<kind>`: ids are opaque text and never become file names. */
const FILE_NAME = /^\d{14}-[0-9a-f]{32}\.(?:artifact|json)$/;

/** Opens the folder, creating it for its owner alone, and takes in what earlier processes left. Never throws for bad files. */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { dir, files, clock, sha256, log, maxAgeMs = MAX_AGE_MS } = options;
  const known = new Map<string, OutboxEntry>();
  let newestAt = 0;
  let sizeBytes = 0;

  const learn = (entry: OutboxEntry): void => {
    known.set(entry.file, entry);
    sizeBytes += entry.sizeBytes;
    newestAt = Math.max(newestAt, entry.createdAt);
  };
  const forget = (entry: OutboxEntry): void => {
    if (known.delete(entry.file)) sizeBytes -= entry.sizeBytes;
  };
  const remove = async (entry: OutboxEntry): Promise<void> => {
    forget(entry);
    await files.remove(`${dir}/${entry.file}`).catch((thrown: unknown) => {
      log.warn('result.not-removed', { jobId: entry.jobId, error: errorChain(thrown) });
    });
  };
  const expire = async (): Promise<void> => {
    for (const entry of known.values()) {
      if (clock.now() - entry.createdAt <= maxAgeMs) continue;
      log.warn('result.dropped', { jobId: entry.jobId, because: 'it waited too long for the studio' });
      await remove(entry);
    }
  };

  await files.makeDir(dir, { mode: 0o700 });
  for (const name of await files.list(dir)) {
    const entry = await takeIn(name, options);
    if (entry !== undefined) learn(entry);
  }
  await expire();

  return {
    async put(entry, payload) {
      // Never the same instant twice, and never before an older entry: the name is the order of delivery.
      const createdAt = (newestAt = Math.max(clock.now(), newestAt + 1));
      const header = { ...entry, createdAt, sizeBytes: payload.byteLength, sha256: sha256(payload).toHex() };
      const file = fileName(header, sha256);
      await files.writeDurable(`${dir}/${file}`, writeEntry(header, payload, sha256), 0o600);
      const older = [...known.values()].filter((other) => sameResult(other, header));
      const added = factsOf(header, file);
      learn(added);
      for (const other of older) await remove(other);
      return added;
    },
    async load(entry) {
      const bytes = await files.readBytes(`${dir}/${entry.file}`);
      const read = bytes && readEntry(bytes, sha256);
      if (read !== undefined) return { prompt: read.header.prompt, payload: read.payload };
      forget(entry);
      if (bytes === undefined) log.warn('result.dropped', { jobId: entry.jobId, because: 'its file is gone' });
      else await setAside(entry.file, options, entry.jobId);
      return undefined;
    },
    remove,
    entries: () => [...known.values()].toSorted((a, b) => a.createdAt - b.createdAt),
    expire,
    hasRoom: () => sizeBytes < options.maxBytes,
    pending: () => ({ count: known.size, sizeBytes }),
  };
}

/** What a file in the folder holds; a file that holds nothing of use is set aside. */
async function takeIn(name: string, options: OutboxOptions): Promise<OutboxEntry | undefined> {
  if (name === CORRUPT) return undefined;
  try {
    const read = FILE_NAME.test(name) ? await readHead(`${options.dir}/${name}`, options) : undefined;
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

/** Moves a file out of the way, where the operator can look at it. A half-written temporary file ends here too. */
async function setAside(name: string, { dir, files, log }: OutboxOptions, jobId?: JobId): Promise<void> {
  log.error('result.corrupt', { file: name, ...(jobId === undefined ? {} : { jobId }), movedTo: `${dir}/${CORRUPT}` });
  try {
    await files.makeDir(`${dir}/${CORRUPT}`, { mode: 0o700 });
    await files.rename(`${dir}/${name}`, `${dir}/${CORRUPT}/${name}`);
  } catch (thrown) {
    log.warn('result.not-removed', { file: name, error: errorChain(thrown) });
  }
}

const fileName = (header: EntryHeader, sha256: Sha256): string =>
  `${String(header.createdAt).padStart(14, '0')}-${sha256(header.jobId).toHex().slice(0, 32)}.${header.kind}`;

const sameResult = (a: OutboxEntry, b: EntryHeader): boolean =>
  a.jobId === b.jobId && a.kind === b.kind && a.workerId === b.workerId && a.studio === b.studio;

const factsOf = (header: EntryHeader, file: string): OutboxEntry => {
  const { prompt: _prompt, sha256: _sha256, ...facts } = header;
  return { ...facts, file };
};
