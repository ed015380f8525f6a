import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** What parts of the page may do to the browser around them. */
export interface BrowserAccess {
  /** Where the page came from, without a path: `https://studio.example.com`. */
  readonly origin: () => string;
  /** Puts a text on the clipboard. Rejects where the browser keeps it from the page. */
  readonly copy: (text: string) => Promise<void>;
  /** Calls once after so many milliseconds; the answer calls it off. */
  readonly after: (ms: number, what: () => void) => () => void;
  /** A whole file of this origin. Rejects where it cannot be had. */
  readonly readBytes: (path: string) => Promise<Uint8Array>;
  /** The first channel of a recording. Rejects where the browser cannot decode it. */
  readonly decodeAudio: (file: Uint8Array) => Promise<Float32Array>;
  /** An image of this media type, as a GPU takes it. Rejects where the browser cannot decode it. */
  readonly decodeImage: (file: Uint8Array, type: string) => Promise<ImageBitmap>;
  /** Calls before each picture of the screen, with the milliseconds since the last one; the answer calls it off. */
  readonly frames: (draw: (ms: number) => void) => () => void;
  /** Whether the reader asked their system for less motion. */
  readonly prefersStill: () => boolean;
}

const BrowserContext = createContext<BrowserAccess | undefined>(undefined);
export const BrowserProvider = BrowserContext.Provider;

/** @throws TypeError outside a page: a fault of ours, as reading from `undefined` is, which no reader can mend */
export function useBrowser(): BrowserAccess {
  const found = useContext(BrowserContext);
  if (found === undefined) throw new TypeError('no browser around this part of the page');
  return found;
}
