import type { Files } from '../../system/disk/files.ts';
import type { OpenPartFile, PartFile } from '../../system/disk/sparse-file.ts';
import type { Sidecars } from '../names.ts';
import { Blocks } from './blocks.ts';
import { type ProgressFile, readProgress, writeProgress } from './progress-file.ts';

/** What the finished file must be, as far as it is known beforehand. */
export interface FileIdentity {
  readonly model: string | undefined;
  readonly filename: string;
  readonly url: string;
  /** Lower-case hex; undefined when the source names none. */
  readonly sha256: string | undefined;
}

/** Which version of the file the server has. */
export interface FileVersion {
  readonly sizeBytes: number;
  /** Strong ETag or Last-Modified: what `If-Range` takes (RFC 9110 §13.1.5). */
  readonly validator: string | undefined;
}

/** What a partial file is made of. */
export interface PartialFileDeps {
  readonly files: Pick<Files, 'readText' | 'writeAtomic' | 'remove'>;
  readonly openPart: OpenPartFile;
  readonly crc32: (bytes: Uint8Array, before?: number) => number;
  /** Hex digest of a text: a URL may hold a secret, and the progress file is no place for one. */
  readonly hash: (text: string) => string;
}

/**
 * A file being downloaded: its bytes in one file, and beside it the list of complete blocks. A download that is resumed
 * after a kill or a power cut trusts that list only where each block's checksum matches, so nothing needs to be synced on
 * the way.
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
  #savePending = false;

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

  /** Resumes what an earlier attempt left; undefined when there is nothing that can be trusted. */
  static async resume(
    deps: PartialFileDeps,
    sidecars: Sidecars,
    identity: FileIdentity,
  ): Promise<PartialFile | undefined> {
    const left = await readProgress(deps.files, sidecars.progress);
    if (left === undefined || left.done.length === 0) return undefined;
    const sameDigest = identity.sha256 !== undefined && left.sha256 === identity.sha256;
    const sameUrl = left.url === deps.hash(identity.url);
    // Without a digest only a validator can show that the server still has these very bytes.
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

  /** Writes bytes that follow what their block holds, in parts that follow each other. */
  async write(at: number, parts: readonly Uint8Array[]): Promise<void> {
    await this.file.write(at, parts);
    let to = at;
    for (const part of parts) {
      this.#check(to, part);
      to += part.byteLength;
    }
    const completed = this.blocks.wrote(at, to - at);
    for (const block of completed) {
      this.#crcs.set(block, this.#running.get(block) ?? 0);
      this.#running.delete(block);
    }
    if (completed.length > 0) this.#save();
  }

  /** Continues the checksums of the blocks that these bytes belong to. */
  #check(at: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.byteLength;) {
      const block = Math.floor((at + done) / this.blocks.blockBytes);
      const endAt = (block + 1) * this.blocks.blockBytes;
      const piece = bytes.subarray(done, Math.min(bytes.byteLength, endAt - at));
      this.#running.set(block, this.#deps.crc32(piece, this.#running.get(block)));
      done += piece.byteLength;
    }
  }

  /** One write of the list at a time; blocks completed meanwhile are in the next one. */
  #save(): void {
    if (this.#savePending) return;
    this.#savePending = true;
    this.#saving = this.#saving.then(async () => {
      this.#savePending = false;
      await writeProgress(this.#deps.files, this.#sidecars.progress, this.#progress()).catch(() => {
        // A list that cannot be written costs a resume and nothing else; a full disk fails the next block's write.
      });
    });
  }

  #progress(): ProgressFile {
    const { sizeBytes, validator } = this.version;
    return {
      model: this.#identity.model,
      filename: this.#identity.filename,
      url: this.#deps.hash(this.#identity.url),
      sha256: this.#identity.sha256,
      sizeBytes,
      validator,
      blockBytes: this.blocks.blockBytes,
      done: [...this.#crcs],
    };
  }

  /** Leaves it for a later attempt. */
  async close(): Promise<void> {
    await this.#saving;
    await this.file.close();
  }
}
