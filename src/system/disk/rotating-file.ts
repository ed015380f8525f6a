import { closeSync, constants, fstatSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file that grows at its end and is put aside when it is full; the oldest one that was put aside goes then. */
export interface RotatingFile {
  /** Never throws: what a full or broken disk does not take is lost. */
  write(text: string): void;
  close(): void;
}

export interface RotatingFileOptions {
  readonly maxBytes: number;
  /** Where full ones go, the newest first. */
  readonly older: readonly string[];
}

/**
 * Opens the file for its owner alone, and makes its folder. Several processes may write to one: each goes on in the new
 * file once another has put theirs aside. Throws the system's own error when it cannot be opened.
 */
export const openRotatingFile = (path: string, options: RotatingFileOptions): RotatingFile =>
  new OpenRotatingFile(path, options);

/** No file has this number. */
const CLOSED = -1;

class OpenRotatingFile implements RotatingFile {
  readonly #path: string;
  readonly #options: RotatingFileOptions;
  #file: number;

  constructor(path: string, options: RotatingFileOptions) {
    this.#path = path;
    this.#options = options;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#file = openToAppend(path);
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      if (!this.#isInPlace()) this.#reopen();
      if (fstatSync(this.#file).size + bytes.length > this.#options.maxBytes) this.#rotate();
      writeSync(this.#file, bytes);
    } catch {
      // The log is what would say so. The next line tries again.
    }
  }

  close(): void {
    if (this.#file !== CLOSED) closeSync(this.#file);
    this.#file = CLOSED;
  }

  /** Whether the name leads to this file, which somebody may have put aside or removed. */
  #isInPlace(): boolean {
    if (this.#file === CLOSED) return false;
    const named = statSync(this.#path, { throwIfNoEntry: false });
    return named !== undefined && named.ino === fstatSync(this.#file).ino;
  }

  #reopen(): void {
    this.close();
    this.#file = openToAppend(this.#path);
  }

  /** Closed first: Windows renames no file that is open. */
  #rotate(): void {
    if (fstatSync(this.#file).size === 0) return; // one line that is longer than a whole file
    this.close();
    const names = [this.#path, ...this.#options.older];
    rmSync(names.at(-1) ?? '', { force: true });
    for (let to = names.length - 1; to > 0; to--) rename(names[to - 1] ?? '', names[to] ?? '');
    this.#file = openToAppend(this.#path);
  }
}

/** A link there would have us write elsewhere. */
const openToAppend = (path: string): number =>
  openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600);

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    // There are not that many yet.
  }
}
