import { SECOND_MS } from '../../base/units.ts';
import type { Browser } from '../browser/browser.ts';
import type { Link } from '../worker/model.ts';
import { createSseReader, type RawEvent } from './sse.ts';

/** Between two tries. */
export const RETRY_MS = 2 * SECOND_MS;
/** The worker gives a sign of life every 15 seconds; after three that did not come it hangs, or the network does. */
export const SILENCE_MS = 45 * SECOND_MS;

interface EventLinkOptions {
  readonly browser: Pick<Browser, 'now' | 'after' | 'request'>;
  /** All events of one piece of the stream, in their order. */
  readonly onEvents: (events: readonly RawEvent[]) => void;
  readonly onLink: (link: Link) => void;
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
export function followEvents({ browser, onEvents, onLink }: EventLinkOptions): EventLink {
  const state = { lastId: '', lastAt: undefined as number | undefined, tries: 0 };
  let cancelWait: (() => void) | undefined;
  let abort = new AbortController();
  let isOpen = false;
  let isClosed = false;

  async function open(): Promise<void> {
    isOpen = true;
    abort = new AbortController();
    const headers: Record<string, string> = state.lastId === '' ? {} : { 'last-event-id': state.lastId };
    try {
      const response = await browser.request('/events', { headers, signal: abort.signal });
      if (response.status === 401 || response.status === 403) return onLink({ is: 'signed-out' });
      if (response.ok && response.body !== null) await read(response.body);
    } catch {
      // Not reachable, or gone in the middle: both are tried again below.
    } finally {
      isOpen = false;
    }
    lose();
  }

  async function read(body: ReadableStream<Uint8Array>): Promise<void> {
    state.tries = 0;
    onLink({ is: 'live' });
    const reader = createSseReader();
    const text = new TextDecoder();
    const hangUp = (): void => abort.abort();
    let stopWatch = browser.after(SILENCE_MS, hangUp);
    for await (const bytes of body) {
      stopWatch();
      stopWatch = browser.after(SILENCE_MS, hangUp);
      state.lastAt = browser.now();
      const events = reader.read(text.decode(bytes, { stream: true }));
      state.lastId = events.findLast(({ id }) => id !== undefined)?.id ?? state.lastId;
      if (events.length > 0) onEvents(events);
    }
  }

  function lose(): void {
    if (isClosed) return;
    state.tries += 1;
    const { lastAt, tries } = state;
    onLink({ is: 'lost', lastAt, tries, nextAt: browser.now() + RETRY_MS });
    cancelWait = browser.after(RETRY_MS, retry);
  }

  function retry(): void {
    cancelWait?.();
    if (isOpen || isClosed) return;
    if (state.tries > 0) onLink({ is: 'lost', lastAt: state.lastAt, tries: state.tries });
    void open();
  }

  void open();
  return {
    retryNow: retry,
    close() {
      isClosed = true;
      cancelWait?.();
      abort.abort();
    },
  };
}
