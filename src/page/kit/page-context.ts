import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** What parts of the page may do to the browser around them. */
export interface Surroundings {
  /** Puts a text on the clipboard. */
  readonly copy: (text: string) => Promise<void>;
  /** Calls once after so many milliseconds; the answer calls it off. */
  readonly after: (ms: number, what: () => void) => () => void;
}

const SurroundingsContext = createContext<Surroundings | undefined>(undefined);
export const SurroundingsProvider = SurroundingsContext.Provider;

/** @throws TypeError outside a page, which is a fault of ours */
export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (found === undefined) throw new TypeError('no surroundings around this part of the page');
  return found;
}
