import { WorkerError } from '../../../src/base/errors.ts';
import type { AppendFile } from '../../../src/system/disk/append-file.ts';
import type { Files } from '../../../src/system/disk/files.ts';
import { namedTextOf, notRegular, tooLarge } from '../../../src/system/disk/named-file.ts';

/** Files in a map, settled within a turn, for tests that own time. A folder exists when something is in it. */
export class MemoryFiles implements Files {
  readonly contents = new Map<string, Uint8Array>();
  /** The disk has no room: every write fails. */
  full = false;

  async readText(path: string): Promise<string | undefined> {
    const bytes = await this.readBytes(path);
    return bytes && Buffer.from(bytes).toString('utf8');
  }

  async readNamedText(path: string, maxBytes: number): Promise<string | undefined> {
    if (this.#isFolder(path)) throw notRegular(path);
    const bytes = await this.readBytes(path);
    return bytes && namedTextOf(bytes, path, maxBytes);
  }

  async readNamedBytes(path: string, maxBytes: number): Promise<Uint8Array | undefined> {
    if (this.#isFolder(path)) throw notRegular(path);
    const bytes = await this.readBytes(path);
    if (bytes !== undefined && bytes.byteLength > maxBytes) throw tooLarge(path, maxBytes);
    return bytes;
  }

  readBytes(path: string): Promise<Uint8Array | undefined> {
    if (this.#isFolder(path)) return Promise.reject(notRegular(path));
    return Promise.resolve(this.contents.get(path)?.slice());
  }

  async *openRead(path: string): AsyncIterable<Uint8Array> {
    const bytes = await this.readBytes(path);
    if (bytes === undefined) throw systemError('ENOENT', path);
    yield bytes;
  }

  async readStart(path: string, maxBytes: number): ReturnType<Files['readStart']> {
    const kind = await this.kindOf(path);
    return kind && { kind, bytes: this.contents.get(path)?.slice(0, maxBytes) ?? new Uint8Array() };
  }

  writeAtomic(path: string, data: string | Uint8Array): Promise<void> {
    return this.writeDurable(path, [typeof data === 'string' ? new TextEncoder().encode(data) : data]);
  }

  writeDurable(path: string, parts: readonly Uint8Array[]): Promise<void> {
    if (this.full) return Promise.reject(new WorkerError('disk.full', `no space left to write ${path}`));
    if (this.#isFolder(path)) return Promise.reject(systemError('EISDIR', path));
    this.contents.set(path, new Uint8Array(Buffer.concat(parts)));
    return Promise.resolve();
  }

  /** Adds at the end and writes no reserve behind it. */
  openAppend(path: string, startAt: number): AppendFile {
    const { contents } = this;
    const bytes = (): Uint8Array => contents.get(path) ?? new Uint8Array();
    const write = (parts: readonly Uint8Array[]): void => {
      if (this.full) throw new WorkerError('disk.full', `no space left to write ${path}`);
      contents.set(path, new Uint8Array(Buffer.concat(parts)));
    };
    let endAt = startAt;
    return {
      get endAt() {
        return endAt;
      },
      append(parts) {
        write([bytes().subarray(0, endAt), ...parts]);
        endAt = bytes().byteLength;
      },
      sync: () => {},
      cutTo(to) {
        contents.set(path, bytes().slice(0, to));
        endAt = to;
      },
      isInPlace: () => true,
      read: (at, sizeBytes) => bytes().slice(at, at + sizeBytes),
      replace(parts) {
        write(parts);
        endAt = bytes().byteLength;
      },
      close: () => {},
    };
  }

  makePrivate(path: string): Promise<boolean> {
    return this.contents.has(path) ? Promise.resolve(false) : Promise.reject(systemError('ENOENT', path));
  }

  makeDir(): Promise<void> {
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    for (const name of this.contents.keys()) if (isAtOrBelow(name, path)) this.contents.delete(name);
    return Promise.resolve();
  }

  removeEmptyDir(): Promise<void> {
    return Promise.resolve(); // there are no empty ones
  }

  rename(from: string, to: string): Promise<void> {
    const moved = [...this.contents].filter(([name]) => isAtOrBelow(name, from));
    if (moved.length === 0) return Promise.reject(systemError('ENOENT', from));
    for (const [name, bytes] of moved) {
      this.contents.delete(name);
      this.contents.set(to + name.slice(from.length), bytes);
    }
    return Promise.resolve();
  }

  list(path: string): Promise<readonly string[]> {
    const inside = [...this.contents.keys()].filter((name) => name.startsWith(`${path}/`));
    const names = inside.map((name) => name.slice(path.length + 1).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)].toSorted());
  }

  stat(path: string): ReturnType<Files['stat']> {
    if (this.#isFolder(path)) return Promise.resolve({ sizeBytes: 0, modifiedAt: 0, isFolder: true, isFile: false });
    const bytes = this.contents.get(path);
    return Promise.resolve(bytes && { sizeBytes: bytes.byteLength, modifiedAt: 0, isFolder: false, isFile: true });
  }

  kindOf(path: string): ReturnType<Files['kindOf']> {
    if (this.#isFolder(path)) return Promise.resolve('folder');
    return Promise.resolve(this.contents.has(path) ? 'file' : undefined);
  }

  /** There are no links. */
  async realPath(path: string): Promise<string | undefined> {
    return (await this.stat(path)) === undefined ? undefined : path;
  }

  /** Nothing here has two names. */
  async isSamePlace(a: string, b: string): Promise<boolean> {
    return a === b && (await this.stat(a)) !== undefined;
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.full ? 0 : Number.MAX_SAFE_INTEGER);
  }

  #isFolder(path: string): boolean {
    return [...this.contents.keys()].some((name) => name.startsWith(`${path}/`));
  }
}

const isAtOrBelow = (name: string, path: string): boolean => name === path || name.startsWith(`${path}/`);

/** An error as the system gives it. */
const systemError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code });
