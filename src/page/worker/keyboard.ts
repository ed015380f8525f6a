import { type Tab, TABS } from './route.ts';

/** What a key asks of the window. */
export type KeyCommand =
  { readonly is: 'go'; readonly tab: Tab } | { readonly is: 'toggle-pause' | 'search' | 'save' | 'back' };

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The window's own shortcuts; undefined for all other keys, which stay the browser's. */
export function commandOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Key): KeyCommand | undefined {
  if (altKey || shiftKey) return undefined;
  if (key === 'Escape' && !ctrlKey && !metaKey) return { is: 'back' };
  if (ctrlKey === metaKey) return undefined; // neither, or both
  const tab = /^[1-9]$/.test(key) ? TABS[Number(key) - 1] : undefined;
  if (tab !== undefined) return { is: 'go', tab };
  switch (key.toLowerCase()) {
    case '.':
      return { is: 'toggle-pause' };
    case 'f':
      return { is: 'search' };
    case 's':
      return { is: 'save' };
    default:
      return undefined;
  }
}
