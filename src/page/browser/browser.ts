import { openAppWindow } from './app-window.ts';
import type { BrowserAccess } from '../kit/page-context.ts';

/** The outside world of a page, as `system` is the one of the program. */
export interface Browser extends BrowserAccess {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls again and again; the answer calls it off. */
  every(ms: number, what: () => void): () => void;
  /** To where the page came from, with its cookie. Rejects while that is not reachable. */
  request(path: string, init?: RequestInit): Promise<Response>;
  /** What the address says behind its `#`, with it. */
  fragment(): string;
  /** `push` makes a step that Back undoes. */
  setFragment(fragment: string, how: 'push' | 'replace'): void;
  onFragment(what: () => void): void;
  /** What the address says behind its `?`, with it. */
  query(): string;
  /** Sends to the other pages of this origin in this browser. */
  broadcast(message: unknown): void;
  onBroadcast(what: (message: unknown) => void): void;
  /** Closes the window, where the browser lets the page do that: an app window, or a tab without a way back. */
  close(): void;
  onKey(what: (event: KeyboardEvent) => void): void;
  /** Puts a fault of the page itself where the browser lists those of its pages. */
  report(fault: unknown): void;
}

/** Enough for the picture of a wave. */
const DECODED_HZ = 8_000;

const appWindow = openAppWindow();
const channel = new BroadcastChannel('window');

/** The one that the page runs in. */
export const realBrowser: Browser = {
  now: () => Date.now(),
  every(ms, what) {
    const timer = setInterval(what, ms);
    return () => clearInterval(timer);
  },
  after(ms, what) {
    const timer = setTimeout(what, ms);
    return () => clearTimeout(timer);
  },
  request: (path, init) => fetch(path, { credentials: 'same-origin', cache: 'no-store', ...init }),
  origin: () => location.origin,
  // A page that came over plain HTTP from another machine has no clipboard at all.
  copy: async (text) => await navigator.clipboard.writeText(text),
  async readBytes(path) {
    const response = await fetch(path, { credentials: 'same-origin' });
    if (!response.ok) throw new TypeError(`HTTP ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  },
  async decodeAudio(file) {
    // A context of its own sample rate decodes; nothing is played, so no gesture is asked for.
    const decoded = await new OfflineAudioContext(1, 1, DECODED_HZ).decodeAudioData(file.slice().buffer);
    return decoded.getChannelData(0);
  },
  decodeImage: async (file, type) => await createImageBitmap(new Blob([file.slice()], { type })),
  frames(draw) {
    let last: number | undefined;
    const next = (now: number): void => {
      draw(now - (last ?? now));
      last = now;
      timer = requestAnimationFrame(next);
    };
    let timer = requestAnimationFrame(next);
    return () => cancelAnimationFrame(timer);
  },
  prefersStill: () => matchMedia('(prefers-reduced-motion: reduce)').matches,
  fragment: () => location.hash,
  setFragment(fragment, how) {
    if (how === 'replace') history.replaceState(null, '', fragment);
    else if (appWindow === undefined) location.hash = fragment;
    else appWindow.push(fragment);
  },
  onFragment: (what) => addEventListener('hashchange', what),
  query: () => location.search,
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel reaches its own origin alone
  broadcast: (message) => channel.postMessage(message),
  onBroadcast: (what) => channel.addEventListener('message', ({ data }) => what(data)),
  close: () => close(),
  onKey: (what) => addEventListener('keydown', what),
  report: (fault) => reportError(fault),
};
