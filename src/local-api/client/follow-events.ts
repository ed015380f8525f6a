import { SECOND_MS } from '../../base/units.ts';
import { createSseReader, type RawEvent } from './sse.ts';

/** Whether the worker answers. Times in milliseconds since the epoch. */
export type ApiLink =
  /** Nothing has been asked, or not answered for the first time. */
  | { readonly is: 'opening' }
  | { readonly is: 'live' }
  /** `nextAt` is undefined while it is being asked. `lastAt`: the last sign of life, if there was one. */
  | { readonly is: 'lost'; readonly lastAt: number | undefined; readonly attempts: number; readonly nextAt?: number }
  /** The worker answers, and does not know whoever asks. */
  | { readonly is: 'signed-out' };

/** Between two attempts. */
export const RETRY_MS = 2 * SECOND_MS;
/** The worker gives a sign of life every 15 seconds; after three that did not come it hangs, or the network does. */
export const SILENCE_MS = 45 * SECOND_MS;

interface EventLinkOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly after: (ms: number, call: () => void) => () => void;
  /** Asks the worker. Rejects while it is not reachable. */
  readonly request: (
    path: string,
    init: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
  ) => Promise<Response>;
  /** All events of one piece of the stream, in their order. */
  readonly onEvents: (events: readonly RawEvent[]) => void;
  readonly onLink: (link: ApiLink) => void;
}

/** The stream of events, opened again whenever it ends. */
export interface EventLink {
  /** Tries now instead of after the pause. */
  retryNow(): void;
  close(): void;
}

/**
 * Follows the worker's events, and resumes behind the last one after a break. It reads the stream itself, since an
 * `EventSource` tells neither a refusal from a break nor when it tries next.
 */
export function followEvents(options: EventLinkOptions): EventLink {
  const link = new OpenEventLink(options);
  void link.open();
  return link;
}

class OpenEventLink implements EventLink {
  readonly #options: EventLinkOptions;
  #abort = new AbortController();
  #cancelWait = (): void => {};
  #isOpen = false;
  #isClosed = false;
  #lastId = '';
  #lastAt: number | undefined;
  #attempts = 0;

  constructor(options: EventLinkOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    const { request, onLink } = this.#options;
    this.#isOpen = true;
    this.#abort = new AbortController();
    const headers: Record<string, string> = this.#lastId === '' ? {} : { 'last-event-id': this.#lastId };
    try {
      const response = await request('/events', { headers, signal: this.#abort.signal });
      if (response.status === 401 || response.status === 403) return onLink({ is: 'signed-out' });
      if (response.ok && response.body !== null) await this.#read(response.body);
    } catch {
      // Not reachable, or gone in the middle: both are tried again below.
    } finally {
      this.#isOpen = false;
    }
    this.#lose();
  }

  retryNow(): void {
    this.#cancelWait();
    if (this.#isOpen || this.#isClosed) return;
    if (this.#attempts > 0) this.#options.onLink({ is: 'lost', lastAt: this.#lastAt, attempts: this.#attempts });
    void this.open();
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelWait();
    this.#abort.abort();
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    const { now, after, onEvents, onLink } = this.#options;
    this.#attempts = 0;
    onLink({ is: 'live' });
    const reader = createSseReader();
    const text = new TextDecoder();
    const hangUp = (): void => this.#abort.abort();
    let stopWatch = after(SILENCE_MS, hangUp);
    try {
      for await (const bytes of body) {
        stopWatch();
        stopWatch = after(SILENCE_MS, hangUp);
        this.#lastAt = now();
        const events = reader.read(text.decode(bytes, { stream: true }));
        this.#lastId = events.findLast(({ id }) => id !== undefined)?.id ?? this.#lastId;
        if (events.length > 0) onEvents(events);
      }
    } finally {
      stopWatch();
    }
  }

  #lose(): void {
    if (this.#isClosed) return;
    const { now, after, onLink } = this.#options;
    this.#attempts += 1;
    onLink({ is: 'lost', lastAt: this.#lastAt, attempts: this.#attempts, nextAt: now() + RETRY_MS });
    this.#cancelWait = after(RETRY_MS, () => this.retryNow());
  }
}
