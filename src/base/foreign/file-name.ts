/*
 * Names of others become names on a disk, and are the same names on every system: whatever Windows, macOS or a program
 * there would read as another name is refused everywhere, so that a folder can move between machines.
 *
 *   Windows drops dots and blanks at the end, opens devices by name, reads `a:b` as a stream of `a` and `PROGRA~1` as a
 *   short form (Microsoft, "Naming Files, Paths, and Namespaces"), and hands programs without Unicode the nearest ASCII;
 *   macOS and Windows tell no cases apart, and macOS composes and ignores characters (Apple, "About APFS").
 */

/** Separators, streams and wildcards. */
const NOT_IN_NAMES = /[/\\:*?"<>|]/;
/** Controls, and what cannot be seen or reorders its neighbours. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
/** Windows opens a device under these names, whatever follows a dot. */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|clock\$|com\d|lpt\d)$/;
/** What Windows makes of a long name for programs that know only eight characters and three. */
const SHORT_FORM = /^[^.]{1,6}~\d+(?:\.[^.]{0,3})?$/;
/** Many file systems hold 255 bytes; some of ours are a little longer than the name they are made of. */
const MAX_NAME_BYTES = 240;

/**
 * Whether a text can be the name of a file or folder of ours, and is the same one plain path segment everywhere.
 *
 * It says nothing of names that are taken: compare them by `foldedName`.
 */
export const isPlainFileName = (name: string): boolean =>
  name.isWellFormed() &&
  name.search(UNSEEN) < 0 &&
  isSegment(name) &&
  isSegment(nearest(name)) &&
  !isDeviceName(name) &&
  new TextEncoder().encode(name).byteLength <= MAX_NAME_BYTES;

/** Whether Windows would open a device by this name: `aux.gguf`, `Com1 .txt`, `LPT¹`. */
export const isDeviceName = (name: string): boolean => DEVICE.test(foldedName(name.split('.')[0] ?? ''));

/** What some file system, or a program on it, may take for the same name: two names that share it could be one file. */
export const foldedName = (name: string): string =>
  nearest(nearest(name).replaceAll(UNSEEN, '').toLowerCase().toUpperCase().toLowerCase()).replace(/[. ]+$/, '');

/** Characters that stand for others, such as full-width and raised ones, as those. */
const nearest = (name: string): string => name.normalize('NFKC');

/** Names of dots alone end with one. */
const isSegment = (name: string): boolean =>
  name !== '' && !NOT_IN_NAMES.test(name) && !/[. ]$/.test(name) && !SHORT_FORM.test(name);
