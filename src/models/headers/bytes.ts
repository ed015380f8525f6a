/** Why a header could not be read. `more` is not a fault: the bytes at hand end before the header does. */
export type HeaderProblem =
  | { readonly is: 'more' }
  | { readonly is: 'invalid'; readonly because: string }
  /** The header is valid and refers to bytes that the file does not have. */
  | { readonly is: 'truncated'; readonly because: string };

/** Stops the reading of a header from deep inside it; never leaves this folder. */
export class Unreadable extends Error {
  readonly problem: HeaderProblem;

  constructor(problem: HeaderProblem) {
    super(problem.is);
    this.problem = problem;
  }
}

/** Ends the reading of a header whose values make no sense; `because` starts with what is wrong. */
export const invalid = (because: string): Unreadable => new Unreadable({ is: 'invalid', because });

/** Reads little-endian values one after the other, never beyond the bytes or what a number holds exactly. */
export class ByteReader {
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  skip(sizeBytes: number): number {
    const from = this.at;
    if (sizeBytes > this.#bytes.byteLength - from) throw new Unreadable({ is: 'more' });
    this.at = from + sizeBytes;
    return from;
  }

  u32(): number {
    return this.#view.getUint32(this.skip(4), true);
  }

  /** A count or an offset. Beyond 2^53 it cannot be either. */
  u64(what: string): number {
    const value = this.#view.getBigUint64(this.skip(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalid(`${what} is ${value}`);
    return Number(value);
  }

  bytes(sizeBytes: number): Uint8Array {
    const from = this.skip(sizeBytes);
    return this.#bytes.subarray(from, from + sizeBytes);
  }
}
