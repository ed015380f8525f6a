/** Bytes of a file from `startAt` up to `endAt`, which is not included. */
export interface ByteRange {
  readonly startAt: number;
  readonly endAt: number;
}

/**
 * Which bytes of a file are there. The file is cut into blocks of one size, each written from its start on, so that one
 * number for each is enough. Concurrent fetches take ranges of what is missing, and never the same.
 */
export class Blocks {
  readonly sizeBytes: number;
  readonly blockBytes: number;
  readonly #written: number[];
  readonly #taken: boolean[];
  #doneBytes = 0;

  constructor(sizeBytes: number, blockBytes: number) {
    this.sizeBytes = sizeBytes;
    this.blockBytes = blockBytes;
    const count = Math.ceil(sizeBytes / blockBytes);
    this.#written = Array<number>(count).fill(0);
    this.#taken = Array<boolean>(count).fill(false);
  }

  get count(): number {
    return this.#written.length;
  }

  get doneBytes(): number {
    return this.#doneBytes;
  }

  get isComplete(): boolean {
    return this.#doneBytes === this.sizeBytes;
  }

  /** How many bytes a complete block holds; the last one may be shorter. */
  lengthOf(block: number): number {
    return Math.min(this.blockBytes, this.sizeBytes - block * this.blockBytes);
  }

  isDone(block: number): boolean {
    return this.#written[block] === this.lengthOf(block);
  }

  /**
   * Takes the first missing range: the rest of one block, and untouched blocks after it, `maxBlocks` in all. Undefined
   * when nothing is left to take.
   */
  take(maxBlocks: number): ByteRange | undefined {
    const first = this.#written.findIndex((_, block) => !this.isDone(block) && this.#taken[block] === false);
    if (first < 0) return undefined;
    let end = first + 1;
    while (end < this.count && end - first < maxBlocks && this.#isUntouched(end)) end++;
    this.#taken.fill(true, first, end);
    return {
      startAt: first * this.blockBytes + (this.#written[first] ?? 0),
      endAt: Math.min(end * this.blockBytes, this.sizeBytes),
    };
  }

  #isUntouched(block: number): boolean {
    return this.#written[block] === 0 && this.#taken[block] === false;
  }

  /** Gives a range back; what of it is still missing can be taken again. */
  release({ startAt, endAt }: ByteRange): void {
    this.#taken.fill(false, Math.floor(startAt / this.blockBytes), Math.ceil(endAt / this.blockBytes));
  }

  /** Counts bytes that follow what their block holds. Returns the blocks that they completed. */
  wrote(startAt: number, sizeBytes: number): readonly number[] {
    const completed: number[] = [];
    for (let at = startAt; at < startAt + sizeBytes;) {
      const block = Math.floor(at / this.blockBytes);
      const now = Math.min(startAt + sizeBytes, block * this.blockBytes + this.lengthOf(block)) - at;
      this.#written[block] = (this.#written[block] ?? 0) + now;
      this.#doneBytes += now;
      if (this.isDone(block)) completed.push(block);
      at += now;
    }
    return completed;
  }

  /** The end of the bytes that are there from the start on. */
  get contiguousTo(): number {
    const first = this.#written.findIndex((_, block) => !this.isDone(block));
    return first < 0 ? this.sizeBytes : first * this.blockBytes + (this.#written[first] ?? 0);
  }
}
