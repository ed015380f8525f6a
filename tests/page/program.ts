import type { Browser } from '../../src/page/browser/browser.ts';

/** A browser without a window: a page's client talks over real sockets, and time moves when a test says so. */
export interface PlainBrowser extends Browser {
  /** Moves time on, and runs what was waiting for it. */
  advance(ms: number): void;
}

interface Timer {
  at: number;
  readonly everyMs?: number;
  readonly what: () => void;
}

export function openPlainBrowser(url: string, fragment = ''): PlainBrowser {
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
    frames: () => () => undefined,
    prefersStill: () => true,
    origin: () => new URL(url).origin,
    fragment: () => shown,
    setFragment: (next) => void (shown = next),
    onFragment: () => undefined,
    onKey: () => undefined,
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
