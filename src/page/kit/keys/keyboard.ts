/** What a key asks of the window. */
export type KeyCommand<Tab extends string> =
  { readonly is: 'go'; readonly tab: Tab } | { readonly is: 'toggle-pause' | 'search' | 'save' | 'submit' | 'back' };

interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The window's own shortcuts; undefined for all other keys, which stay the browser's. */
export function commandOf<Tab extends string>(
  { key, ctrlKey, metaKey, altKey, shiftKey }: Key,
  tabs: readonly Tab[],
): KeyCommand<Tab> | undefined {
  if (altKey || shiftKey) return undefined;
  if (key === 'Escape' && !ctrlKey && !metaKey) return { is: 'back' };
  if (ctrlKey === metaKey) return undefined; // neither, or both
  const tab = /^[1-9]$/.test(key) ? tabs[Number(key) - 1] : undefined;
  if (tab !== undefined) return { is: 'go', tab };
  switch (key.toLowerCase()) {
    case '.':
      return { is: 'toggle-pause' };
    case 'f':
      return { is: 'search' };
    case 's':
      return { is: 'save' };
    case 'enter':
      return { is: 'submit' };
    default:
      return undefined;
  }
}
