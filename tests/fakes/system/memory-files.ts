import { WorkerError } from '../../../src/base/errors.ts';
import type { AppendFile } from '../../../src/system/disk/append-file.ts';
import type { Files } from '../../../src/system/disk/files.ts';

/** Files in a map, settled within a turn, for tests that own time. A folder exists when something is in it. */
export class MemoryFiles implements Files {
  readonly contents = new Map<string, Uint8Array>();
  /** The disk has no room: every write fails. */
  full = false;

  readText(path: string): Promise<string | undefined> {
    const bytes = this.contents.get(path);
    return Promise.resolve(bytes && new TextDecoder().decode(bytes));
  }

  readNamedText(path: string): Promise<string | undefined> {
    return this.readText(path);
  }

  readBytes(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.contents.get(path));
  }

  async *openRead(path: string): AsyncIterable<Uint8Array> {
    const bytes = this.contents.get(path);
    if (bytes === undefined) throw new WorkerError('internal', `no file ${path}`);
    yield await Promise.resolve(bytes);
  }

  writeAtomic(path: string, data: string | Uint8Array): Promise<void> {
    return this.writeDurable(path, [typeof data === 'string' ? new TextEncoder().encode(data) : data]);
  }

  writeDurable(path: string, parts: readonly Uint8Array[]): Promise<void> {
    if (this.full) return Promise.reject(new WorkerError('disk.full', `no space left to write ${path}`));
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
      read: (at, sizeBytes) => bytes().slice(at, at + sizeBytes),
      replace(parts) {
        write(parts);
        endAt = bytes().byteLength;
      },
      close: () => {},
    };
  }

  makePrivate(): Promise<boolean> {
    return Promise.resolve(false);
  }

  makeDir(): Promise<void> {
    return Promise.resolve();
  }

  remove(path: string): Promise<void> {
    for (const name of this.contents.keys())
      if (name === path || name.startsWith(`${path}/`)) this.contents.delete(name);
    return Promise.resolve();
  }

  rename(from: string, to: string): Promise<void> {
    const bytes = this.contents.get(from);
    if (bytes === undefined) return Promise.reject(new WorkerError('internal', `no file ${from}`));
    this.contents.delete(from);
    this.contents.set(to, bytes);
    return Promise.resolve();
  }

  list(path: string): Promise<readonly string[]> {
    const inside = [...this.contents.keys()].filter((name) => name.startsWith(`${path}/`));
    const names = inside.map((name) => name.slice(path.length + 1).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)].toSorted());
  }

  stat(path: string): ReturnType<Files['stat']> {
    const bytes = this.contents.get(path);
    return Promise.resolve(bytes && { sizeBytes: bytes.byteLength, modifiedAt: 0, isFolder: false });
  }

  freeBytes(): Promise<number> {
    return Promise.resolve(this.full ? 0 : Number.MAX_SAFE_INTEGER);
  }
}
