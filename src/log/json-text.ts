/** What JSON cannot carry, as something it can. A number that is none (`NaN`) stays readable as text. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'function') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Error) {
    // An error lists none of these itself; whatever it does list (a code, a hint) follows.
    const { name, message, stack, cause } = value;
    return { name, message, cause, ...Object.fromEntries(Object.entries(value)), stack };
  }
  if (value instanceof Map)
    return Object.fromEntries([...value].map(([key, inner]) => [keyText(key), inner as unknown]));
  if (value instanceof Set) return [...value];
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return value;
}

/** An object as a key has no text of its own that could be trusted: asking it for one runs its code. */
const keyText = (key: unknown): string =>
  (typeof key === 'object' && key !== null) || typeof key === 'function' ? `<${typeof key}>` : String(key);

/** Any value as one line of JSON: big integers as text, errors with message, cause and stack, circles cut. Never throws. */
export function toJsonText(value: unknown): string {
  const path: { readonly holder: unknown; readonly original: unknown }[] = [];
  try {
    const text: string | undefined = JSON.stringify(value, function (this: unknown, _key, inner: unknown) {
      // `this` is the object being written: whatever stands below it on the path is finished.
      while (path.length > 0 && path.at(-1)?.holder !== this) path.pop();
      const shown = plain(inner);
      if (typeof shown !== 'object' || shown === null) return shown;
      if (path.some(({ original }) => original === inner)) return '[circular]';
      path.push({ holder: shown, original: inner });
      return shown;
    });
    return text ?? '"undefined"';
  } catch {
    return '"[unreadable]"'; // a getter or toJSON threw: the rest of the line still counts
  }
}
