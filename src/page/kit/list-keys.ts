/*
 * Lists are one tab stop: the arrows move within them. The rows of a list carry `data-row` and the place in it.
 */

/** The row that a key goes to; undefined for keys that a list does not know. */
export function rowAfter(key: string, at: number, many: number): number | undefined {
  const last = many - 1;
  switch (key) {
    case 'ArrowDown':
      return Math.min(at + 1, last);
    case 'ArrowUp':
      return Math.max(at - 1, 0);
    case 'Home':
      return 0;
    case 'End':
      return last;
    default:
      return undefined;
  }
}

/** Moves the focus within a list of rows; for its `onKeyDown`. */
export function moveInRows(event: KeyboardEvent & { readonly currentTarget: EventTarget }): void {
  if (!(event.currentTarget instanceof Element) || event.ctrlKey || event.altKey || event.metaKey) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = rowAfter(event.key, at, rows.length);
  if (next === undefined || rows.length === 0) return;
  event.preventDefault();
  for (const row of rows) row.tabIndex = -1;
  const target = rows[next];
  if (target === undefined) return;
  target.tabIndex = 0;
  target.focus();
}
