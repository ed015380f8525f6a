import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { WorkerPage } from './model.ts';

const PageContext = createContext<WorkerPage | undefined>(undefined);
export const PageProvider = PageContext.Provider;

/** @throws TypeError outside a window: a fault of ours, as reading from `undefined` is, which no reader can mend */
export function usePage(): WorkerPage {
  const found = useContext(PageContext);
  if (found === undefined) throw new TypeError('no page around this part of it');
  return found;
}
