import { write } from 'node:fs';
import { joinBytes } from '../base/bytes.ts';

/**
 * Writes texts and bytes to a descriptor, in order and off the event loop: a terminal that was paused with Ctrl-S, or a pipe that
 * nobody reads, holds up a thread of the pool and never the program. Making the runtime's own stream takes 8 to 15 ms
 * and writes to a terminal block in it (Bun 1.4.5).
 */
export interface OutputQueue {
  /** Never throws and never blocks. Once the reader has gone, what is written goes nowhere. */
  write(data: string | Uint8Array): void;
  /**
   * Settles when everything written has left this process, or can no longer: `stalled` when the reader took nothing for
   * `stallMs`. Without a limit it waits as long as the reader does: a pager may be read for an hour.
   */
  drain(stallMs?: number): Promise<'drained' | 'stalled'>;
  /** Why output was lost, such as a full disk. A reader that went away missed nothing that it would have read. */
  readonly failure: Error | undefined;
}

export interface OutputQueueOptions {
  /** What text may wait for a reader, in UTF-16 code units: of more, the oldest is left out and counted. Unset means all. */
  readonly maxPendingChars?: number;
}

export const createOutputQueue = (descriptor: number, options: OutputQueueOptions = {}): OutputQueue =>
  new DescriptorQueue(descriptor, options.maxPendingChars ?? Number.POSITIVE_INFINITY);

/** A descriptor that somebody else made non-blocking is asked again after this. */
const FULL_PIPE_MS = 10;

class DescriptorQueue implements OutputQueue {
  readonly #descriptor: number;
  readonly #maxPendingChars: number;
  #pending = '';
  /** What was written before the pending text, from the first bytes that are no text on. */
  #ahead: Uint8Array[] = [];
  #leftOutLines = 0;
  #isWriting = false;
  #isReaderGone = false;
  #failure: Error | undefined;
  /** Called when something left the process, and when nothing more can. */
  readonly #followers = new Set<() => void>();

  constructor(descriptor: number, maxPendingChars: number) {
    this.#descriptor = descriptor;
    this.#maxPendingChars = maxPendingChars;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  write(data: string | Uint8Array): void {
    if (this.#isReaderGone || data.length === 0) return;
    // What is written in one turn of the loop goes out in one call: a job writes four lines at once.
    if (!this.#isWaiting && !this.#isWriting) setImmediate(() => this.#next());
    if (typeof data === 'string') this.#pending += data;
    else {
      this.#ahead.push(new TextEncoder().encode(this.#pending), data);
      this.#pending = '';
    }
    if (this.#pending.length > this.#maxPendingChars) this.#leaveOutOldest();
  }

  drain(stallMs?: number): Promise<'drained' | 'stalled'> {
    return new Promise((resolve) => {
      let limit: ReturnType<typeof setTimeout> | undefined;
      const end = (how: 'drained' | 'stalled'): void => {
        clearTimeout(limit);
        this.#followers.delete(follow);
        resolve(how);
      };
      const follow = (): void => {
        if (this.#isDone) return end('drained');
        clearTimeout(limit);
        if (stallMs !== undefined) limit = setTimeout(() => end('stalled'), stallMs);
      };
      this.#followers.add(follow);
      follow();
    });
  }

  get #isWaiting(): boolean {
    return this.#pending !== '' || this.#ahead.length > 0;
  }

  get #isDone(): boolean {
    return this.#isReaderGone || !(this.#isWaiting || this.#isWriting);
  }

  /** Keeps the newer half, from the beginning of a line. */
  #leaveOutOldest(): void {
    const cut = this.#pending.indexOf('\n', this.#pending.length - this.#maxPendingChars / 2) + 1;
    this.#leftOutLines += this.#pending.slice(0, cut).split('\n').length - 1;
    this.#pending = this.#pending.slice(cut);
  }

  #next(): void {
    if (this.#isWriting || !this.#isWaiting) return;
    const note = this.#leftOutLines === 0 ? '' : `… ${this.#leftOutLines} lines left out: nobody read them\n`;
    const text = new TextEncoder().encode(note + this.#pending);
    const bytes = this.#ahead.length === 0 ? text : joinBytes([...this.#ahead, text]);
    this.#ahead = [];
    this.#pending = '';
    this.#leftOutLines = 0;
    this.#isWriting = true;
    this.#put(bytes);
  }

  #put(bytes: Uint8Array): void {
    write(this.#descriptor, bytes, 0, bytes.length, null, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(() => this.#put(bytes), FULL_PIPE_MS);
      if (error !== null) return this.#end(error);
      if (written < bytes.length) this.#put(bytes.subarray(written));
      else {
        this.#isWriting = false;
        this.#next();
      }
      this.#report();
    });
  }

  /** `worker | head -1` closes our end, and what it did not want is no loss. */
  #end(error: NodeJS.ErrnoException): void {
    this.#isReaderGone = true;
    this.#pending = '';
    this.#ahead = [];
    if (error.code !== 'EPIPE' && error.code !== 'EBADF') this.#failure = error;
    this.#report();
  }

  #report(): void {
    for (const follow of this.#followers) follow();
  }
}
