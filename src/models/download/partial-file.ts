import type { Files } from '../../system/disk/files.ts';
import type { OpenPartFile, PartFile } from '../../system/disk/sparse-file.ts';
import { Blocks } from './blocks.ts';
import type { Sidecars } from '../names.ts';

/** What a finished file must be, as far as it is known before it is there. */
export interface FileIdentity {
  /** For people who look at what lies about unfinished. */
  readonly filename: string;
  readonly url: string;
  /** Lower-case hex; undefined when the source names none. */
  readonly sha256: string | undefined;
}

/** What the server said about the bytes we hold. */
export interface FileVersion {
  readonly sizeBytes: number;
  /** Strong ETag or Last-Modified: what `If-Range` takes (RFC 9110 §13.1.5). */
  readonly validator: string | undefined;
}

export interface PartialFileDeps {
  readonly files: Pick<Files, 'readText' | 'writeAtomic' | 'remove'>;
  readonly openPart: OpenPartFile;
  readonly crc32: (bytes: Uint8Array, before?: number) => number;
  /** Hex digest of a text: a URL may hold a secret, and the progress file is nobody's safe. */
  readonly hash: (text: string) => string;
}

/** The progress file: which blocks are whole, and the checksum of each. */
export interface ProgressFile {
  readonly filename: string;
  /** Its hash. */
  readonly url: string;
  readonly sha256?: string | undefined;
  readonly sizeBytes: number;
  readonly validator?: string | undefined;
  readonly blockBytes: number;
  readonly done: readonly (readonly [block: number, crc: number])[];
}

/**
 * A file on its way: its bytes in one file, and beside it the list of blocks that are whole. Whoever goes on after a kill
 * or a power cut trusts that list only as far as each block's checksum agrees, so nothing needs to be synced on the way.
 */
export class PartialFile {
  readonly version: FileVersion;
  readonly blocks: Blocks;
  readonly file: PartFile;
  readonly #deps: PartialFileDeps;
  readonly #sidecars: Sidecars;
  readonly #identity: FileIdentity;
  readonly #crcs = new Map<number, number>();
  /** Checksums of blocks that are being written. */
  readonly #running = new Map<number, number>();
  #saving: Promise<void> = Promise.resolve();
  #saveWanted = false;

  private constructor(
    open: {
      readonly deps: PartialFileDeps;
      readonly sidecars: Sidecars;
      readonly identity: FileIdentity;
      readonly file: PartFile;
    },
    version: FileVersion,
    blockBytes: number,
  ) {
    this.#deps = open.deps;
    this.#sidecars = open.sidecars;
    this.#identity = open.identity;
    this.file = open.file;
    this.version = version;
    this.blocks = new Blocks(version.sizeBytes, blockBytes);
  }

  /** Starts from nothing. */
  static async start(
    deps: PartialFileDeps,
    sidecars: Sidecars,
    identity: FileIdentity,
    { version, blockBytes }: { readonly version: FileVersion; readonly blockBytes: number },
  ): Promise<PartialFile> {
    await deps.files.remove(sidecars.progress);
    const file = await deps.openPart(sidecars.part);
    await file.resize(0);
    return new PartialFile({ deps, sidecars, identity, file }, version, blockBytes);
  }

  /** Goes on with what an earlier process left; undefined when that is nothing that can be trusted. */
  static async resume(
    deps: PartialFileDeps,
    sidecars: Sidecars,
    identity: FileIdentity,
  ): Promise<PartialFile | undefined> {
    const left = readProgress(await deps.files.readText(sidecars.progress).catch(() => undefined));
    if (left === undefined || left.done.length === 0) return undefined;
    const sameDigest = identity.sha256 !== undefined && left.sha256 === identity.sha256;
    const sameUrl = left.url === deps.hash(identity.url);
    // Without a digest only a validator can tell that the server still has these very bytes.
    if (!sameDigest && !(sameUrl && left.validator !== undefined)) return undefined;
    const file = await deps.openPart(sidecars.part);
    const validator = sameUrl ? left.validator : undefined;
    const part = new PartialFile({ deps, sidecars, identity, file }, { ...left, validator }, left.blockBytes);
    await part.#adopt(left.done);
    return part;
  }

  async #adopt(done: ProgressFile['done']): Promise<void> {
    for (const [block, crc] of done) {
      if (block >= this.blocks.count || this.#crcs.has(block)) continue;
      const bytes = await this.file.read(block * this.blocks.blockBytes, this.blocks.lengthOf(block));
      if (bytes.byteLength !== this.blocks.lengthOf(block) || this.#deps.crc32(bytes) !== crc) continue;
      this.blocks.wrote(block * this.blocks.blockBytes, bytes.byteLength);
      this.#crcs.set(block, crc);
    }
  }

  /** Writes bytes that follow what their block holds. */
  async write(at: number, bytes: Uint8Array): Promise<void> {
    await this.file.write(at, bytes);
    for (let done = 0; done < bytes.byteLength;) {
      const block = Math.floor((at + done) / this.blocks.blockBytes);
      const endAt = (block + 1) * this.blocks.blockBytes;
      const piece = bytes.subarray(done, Math.min(bytes.byteLength, endAt - at));
      this.#running.set(block, this.#deps.crc32(piece, this.#running.get(block)));
      done += piece.byteLength;
    }
    const whole = this.blocks.wrote(at, bytes.byteLength);
    for (const block of whole) {
      this.#crcs.set(block, this.#running.get(block) ?? 0);
      this.#running.delete(block);
    }
    if (whole.length > 0) this.#save();
  }

  /** One write of the list at a time; blocks that become whole meanwhile are in the next one. */
  #save(): void {
    if (this.#saveWanted) return;
    this.#saveWanted = true;
    this.#saving = this.#saving.then(async () => {
      this.#saveWanted = false;
      await this.#deps.files.writeAtomic(this.#sidecars.progress, this.#progress()).catch(() => {
        // A list that cannot be written costs a resume and nothing else; a full disk fails the next block's write.
      });
    });
  }

  #progress(): string {
    const { sizeBytes, validator } = this.version;
    const progress: ProgressFile = {
      filename: this.#identity.filename,
      url: this.#deps.hash(this.#identity.url),
      sha256: this.#identity.sha256,
      sizeBytes,
      validator,
      blockBytes: this.blocks.blockBytes,
      done: [...this.#crcs],
    };
    return JSON.stringify(progress);
  }

  /** Leaves it for a later process. */
  async close(): Promise<void> {
    await this.#saving;
    await this.file.close();
  }
}

/** Whoever may write into the folder wrote it: a list that makes no sense is none. */
export function readProgress(text: string | undefined): ProgressFile | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isProgress(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isTextOrAbsent = (value: unknown): boolean => value === undefined || typeof value === 'string';
/** More blocks than this are no file of ours, and an array of them would be a burden. */
const MOST_BLOCKS = 1_000_000;

function isProgress(value: unknown): value is ProgressFile {
  if (typeof value !== 'object' || value === null) return false;
  if (!('url' in value && 'sizeBytes' in value && 'blockBytes' in value && 'done' in value)) return false;
  if (!('filename' in value) || typeof value.filename !== 'string') return false;
  const { url, sizeBytes, blockBytes, done } = value;
  if (typeof url !== 'string' || !isCount(sizeBytes) || !isCount(blockBytes) || blockBytes === 0) return false;
  if (!isTextOrAbsent('sha256' in value ? value.sha256 : undefined)) return false;
  if (!isTextOrAbsent('validator' in value ? value.validator : undefined)) return false;
  if (sizeBytes / blockBytes > MOST_BLOCKS || !Array.isArray(done)) return false;
  return done.every((entry: unknown) => Array.isArray(entry) && entry.length === 2 && entry.every(isCount));
}
