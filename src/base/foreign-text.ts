// What others wrote may hold more than text: on a terminal it could move the cursor, recolour or rewrite what stands there.

/** Escape sequences a terminal acts on instead of showing: CSI (colours, cursor) and OSC (links, titles). */
// oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
export const ESCAPES = /\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\))/g;
/** Control characters, and those that reorder what follows them. */
// oxlint-disable-next-line no-control-regex -- as above
export const CONTROLS = /[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g;
/** All of those but tabs and line ends, which lay out a parser's excerpt with its marks. */
// oxlint-disable-next-line no-control-regex -- as above
const CONTROLS_IN_LINES = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;
const REPLACED = '\uFFFD';

/** Foreign text on its own lines, with a sign in place of whatever a terminal would act on. */
export const sanitizeText = (text: string): string =>
  text.replaceAll('\r\n', '\n').replaceAll(ESCAPES, REPLACED).replaceAll(CONTROLS_IN_LINES, REPLACED);

/** Longest piece of what the operator typed that an error repeats, in characters. */
const MAX_QUOTED = 200;

/** What the operator typed, in quotation marks, on one line, and cut where it is long enough to know it by. */
export function quoted(text: string): string {
  const line = sanitizeText(text).replaceAll(/[\t\n]/g, ' ');
  const characters = Array.from(line);
  return characters.length > MAX_QUOTED ? `"${characters.slice(0, MAX_QUOTED).join('')}…"` : `"${line}"`;
}
