/* The search of whatever page is shown: at most one has `data-search`. */

const searchField = (): HTMLInputElement | null => document.querySelector('[data-search]');

/** Goes to the search; false where the page has none. */
export function focusSearch(): boolean {
  const field = searchField();
  field?.focus();
  field?.select();
  return field !== null;
}

/** Empties the search; false where nothing was in it. */
export function clearSearch(): boolean {
  const field = searchField();
  if (field === null || field.value === '') return false;
  field.value = '';
  field.dispatchEvent(new Event('input', { bubbles: true }));
  return true;
}
