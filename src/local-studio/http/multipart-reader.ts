/*
 * multipart/form-data read as it arrives (RFC 7578, RFC 2046 §5.1.1), so that an artifact of any size goes to the disk
 * without being in memory whole. Only what a worker sends is understood: text fields, then one file.
 */

/** What a part's `Content-Disposition` names. */
export interface PartHead {
  readonly name: string;
  readonly fileName: string | undefined;
}

/** What is found in a body, in its order. */
export interface MultipartEvents {
  readonly onHead: (head: PartHead) => void;
  /** Bytes of the part whose head came last; a view that is only good until the promise resolves. */
  readonly onBytes: (bytes: Uint8Array) => Promise<void>;
}

/** Takes a body chunk by chunk; one call to `push` at a time. */
export interface MultipartReader {
  /** @throws MalformedMultipart */
  push(chunk: Uint8Array): Promise<void>;
  /** Whether the closing boundary was seen: without it the body was cut short. */
  readonly complete: boolean;
}

/** The body is not multipart/form-data; the message names the fault. */
export class MalformedMultipart extends Error {
  override readonly name = 'MalformedMultipart';
}

/** The boundary of a multipart content type, or undefined when it is none. */
export function boundaryOf(contentType: string | null): string | undefined {
  const match = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    contentType ?? '',
  );
  return match?.[1] ?? match?.[2];
}

/** A part's head is a few lines; one that does not end is no head. */
const MAX_HEAD_BYTES = 16 * 1024;
const HEAD_END_BYTES = 4;

/** A reader for one body with this boundary. */
export const createMultipartReader = (boundary: string, events: MultipartEvents): MultipartReader =>
  new Reader(boundary, events);

class Reader implements MultipartReader {
  readonly #events: MultipartEvents;
  readonly #delimiter: Buffer;
  // With CRLF before it, the first boundary looks like every other one.
  #held: Buffer = Buffer.from('\r\n');
  #at: 'preamble' | 'boundary' | 'head' | 'body' | 'end' = 'preamble';

  constructor(boundary: string, events: MultipartEvents) {
    this.#events = events;
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  async push(chunk: Uint8Array): Promise<void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    while (await this.#step()) {
      // each step consumes what it understood
    }
  }

  get complete(): boolean {
    return this.#at === 'end';
  }

  /** Takes one step; false when more bytes are needed for the next. */
  async #step(): Promise<boolean> {
    if (this.#at === 'preamble' || this.#at === 'body') return this.#toBoundary();
    if (this.#at === 'boundary') return this.#afterBoundary();
    return this.#at === 'head' && this.#readHead();
  }

  async #toBoundary(): Promise<boolean> {
    const [held, delimiter] = [this.#held, this.#delimiter];
    const found = held.indexOf(delimiter);
    // What could be the beginning of a boundary is held back until the next chunk decides.
    const sure = found === -1 ? Math.max(0, held.length - delimiter.length + 1) : found;
    if (this.#at === 'body' && sure > 0) await this.#events.onBytes(held.subarray(0, sure));
    this.#held = held.subarray(found === -1 ? sure : found + delimiter.length);
    if (found !== -1) this.#at = 'boundary';
    return found !== -1;
  }

  #afterBoundary(): boolean {
    if (this.#held.length < 2) return false;
    const next = this.#held.toString('latin1', 0, 2);
    if (next !== '--' && next !== '\r\n')
      throw new MalformedMultipart('a boundary is followed by neither line end nor --');
    this.#at = next === '--' ? 'end' : 'head';
    this.#held = this.#held.subarray(2);
    return true;
  }

  #readHead(): boolean {
    const end = this.#held.indexOf('\r\n\r\n');
    // Wherever the chunks end, the same head is too long.
    if (end === -1 ? this.#held.length >= MAX_HEAD_BYTES + HEAD_END_BYTES : end > MAX_HEAD_BYTES) {
      throw new MalformedMultipart('the head of a part does not end');
    }
    if (end === -1) return false;
    this.#events.onHead(parseHead(this.#held.toString('utf8', 0, end)));
    this.#held = this.#held.subarray(end + 4);
    this.#at = 'body';
    return true;
  }
}

function parseHead(head: string): PartHead {
  const line = head.split('\r\n').find((each) => /^content-disposition:/i.test(each)) ?? '';
  const name = /[;\s]name="([^"]*)"/i.exec(line)?.[1];
  if (name === undefined) throw new MalformedMultipart('a part has no name');
  return { name, fileName: /[;\s]filename="([^"]*)"/i.exec(line)?.[1] };
}
