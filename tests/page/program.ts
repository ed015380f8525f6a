import type { Browser } from '../../src/page/browser/browser.ts';

/** A browser without a window: a page's client talks over real sockets, and time moves when a test says so. */
export interface PlainBrowser extends Browser {
  /** Moves time on, and runs what was waiting for it. */
  advance(ms: number): void;
  /** Its page closed the window. */
  readonly isClosed: boolean;
}

interface Timer {
  at: number;
  readonly everyMs?: number;
  readonly what: () => void;
}

/** Where a page of a plain browser is opened, and what it shares with the others of that browser. */
export interface PlainChoice {
  readonly query?: string;
  /** Whoever hears the other pages. */
  readonly listeners?: Set<(message: unknown) => void>;
}

export function openPlainBrowser(url: string, fragment = '', choice: PlainChoice = {}): PlainBrowser {
  const { query = '', listeners = new Set() } = choice;
  let own: ((message: unknown) => void) | undefined;
  let isClosed = false;
  let now = 1_000_000;
  let shown = fragment;
  const timers = new Set<Timer>();
  const start = (timer: Timer): (() => void) => {
    timers.add(timer);
    return () => void timers.delete(timer);
  };
  return {
    now: () => now,
    every: (ms, what) => start({ at: now + ms, everyMs: ms, what }),
    after: (ms, what) => start({ at: now + ms, what }),
    request: (path, init) => fetch(`${url}${path}`, init),
    copy: () => Promise.resolve(),
    readBytes: async (path) => new Uint8Array(await (await fetch(`${url}${path}`)).arrayBuffer()),
    decodeAudio: () => Promise.reject(new TypeError('nothing decodes here')),
    decodeImage: () => Promise.reject(new TypeError('nothing decodes here')),
    frames: () => () => undefined,
    prefersStill: () => true,
    origin: () => new URL(url).origin,
    fragment: () => shown,
    setFragment: (next) => void (shown = next),
    onFragment: () => undefined,
    query: () => query,
    broadcast: (message) => {
      for (const listener of listeners) if (listener !== own) listener(structuredClone(message));
    },
    onBroadcast: (what) => void listeners.add((own = what)),
    close: () => void (isClosed = true),
    get isClosed() {
      return isClosed;
    },
    onKey: () => undefined,
    report: (fault) => reportError(fault),
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= until).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        now = next.at;
        if (next.everyMs === undefined) timers.delete(next);
        else next.at += next.everyMs;
        next.what();
      }
      now = until;
    },
  };
}
