import { type JobId, toJobId } from '../../base/ids.ts';
import type { Sha256 } from '../../system/disk/digest.ts';

/**
 * A result as one piece of bytes that vouches for itself: a file of its own, or a record in the journal.
 *
 *   <sha256 of the header> <header as JSON>\n<content>
 *
 * The header holds the content's SHA-256 and size: an entry that reads back is whole, or is known not to be.
 */
export interface EntryHeader {
  readonly jobId: JobId;
  readonly kind: 'artifact' | 'json';
  /** Extension of an artifact; empty for JSON. */
  readonly ext: string;
  /** What it was computed on, of an artifact. */
  readonly ranOn?: string | undefined;
  readonly prompt: string;
  /** Who made it and for whom; it is of no use to anybody else. */
  readonly workerId: string;
  readonly studio: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Of the content. */
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** A result waiting on disk. Its prompt and content stay there until they are needed. */
export interface OutboxEntry extends Omit<EntryHeader, 'prompt' | 'sha256'> {
  /** Its name: that of its file, or of its record in the journal. */
  readonly file: string;
}

/** The entry of a header, under its name. */
export const factsOf = (header: EntryHeader, file: string): OutboxEntry => {
  const { prompt: _prompt, sha256: _sha256, ...facts } = header;
  return { ...facts, file };
};

const NEWLINE = 10;
const SHA256_HEX = /^[0-9a-f]{64}$/;

/** `<created>-<hash of the job id>.<kind>`: ids are opaque text and never become file names. */
export const ENTRY_NAME = /^\d{14}-[0-9a-f]{32}\.(?:artifact|json)$/;

/** Names sort in the order of delivery. */
export const entryName = (header: EntryHeader, sha256: Sha256): string =>
  `${String(header.createdAt).padStart(14, '0')}${jobPart(header.jobId, sha256)}${header.kind}`;

/** What the names of a job's entries have in common. */
export const jobPart = (jobId: JobId, sha256: Sha256): string => `-${sha256(jobId).toHex().slice(0, 32)}.`;

/** When an entry of this name was made, in milliseconds since the epoch. */
export const createdAtOf = (name: string): number => Number(name.slice(0, 14));

/** Whether of two entries of one job the later one replaces the other. */
export const isSameResult = (
  a: Pick<EntryHeader, 'kind' | 'workerId' | 'studio'>,
  b: Pick<EntryHeader, 'kind' | 'workerId' | 'studio'>,
): boolean => a.kind === b.kind && a.workerId === b.workerId && a.studio === b.studio;

/** The entry's parts; the content is one of them, not a copy. */
export function writeEntry(header: EntryHeader, content: Uint8Array, sha256: Sha256): readonly Uint8Array[] {
  const json = JSON.stringify(header);
  return [new TextEncoder().encode(`${sha256(json).toHex()} ${json}\n`), content];
}

/** The header and where the content starts; undefined when there is none that can be trusted. */
export function readHeader(
  bytes: Uint8Array,
  sha256: Sha256,
): { readonly header: EntryHeader; readonly contentAt: number } | undefined {
  const end = bytes.indexOf(NEWLINE);
  if (end < 0) return undefined;
  const line = new TextDecoder().decode(bytes.subarray(0, end));
  const json = line.slice(65);
  if (line.slice(0, 65) !== `${sha256(json).toHex()} `) return undefined;
  const header = parseHeader(json);
  return header && { header, contentAt: end + 1 };
}

/** Whether the header's line is complete in these first bytes of a file. */
export const hasHeader = (bytes: Uint8Array): boolean => bytes.includes(NEWLINE);

/** The whole entry, checked; undefined when a byte is missing, too many or wrong. */
export function readEntry(
  bytes: Uint8Array,
  sha256: Sha256,
): { readonly header: EntryHeader; readonly content: Uint8Array } | undefined {
  const read = readHeader(bytes, sha256);
  if (read === undefined) return undefined;
  const content = bytes.subarray(read.contentAt);
  if (content.byteLength !== read.header.sizeBytes || sha256(content).toHex() !== read.header.sha256) return undefined;
  return { header: read.header, content };
}

/** The checksum has vouched for the text, so what can be wrong is a format of another release. */
function parseHeader(json: string): EntryHeader | undefined {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) return undefined;
  const field = (name: string): unknown => Reflect.get(value, name);
  const text = (name: string): string => {
    const found = field(name);
    return typeof found === 'string' ? found : '';
  };
  const count = (name: string): number => {
    const found = field(name);
    return typeof found === 'number' ? found : Number.NaN;
  };
  const kind = field('kind');
  const header = {
    jobId: toJobId(text('jobId')),
    ext: text('ext'),
    ranOn: text('ranOn') || undefined,
    prompt: text('prompt'),
    workerId: text('workerId'),
    studio: text('studio'),
    createdAt: count('createdAt'),
    sizeBytes: count('sizeBytes'),
    sha256: text('sha256'),
  };
  const sound = SHA256_HEX.test(header.sha256) && header.createdAt >= 0 && header.sizeBytes >= 0;
  return sound && (kind === 'artifact' || kind === 'json') ? { ...header, kind } : undefined;
}
