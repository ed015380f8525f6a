/** Families of addresses in the file: a machine by its name, and any at all. */
const [LOCAL, ANY] = [256, 65_535];
const COOKIE = 'MIT-MAGIC-COOKIE-1';

interface Entry {
  readonly family: number;
  readonly address: string;
  /** Empty when it is good for every display of that machine. */
  readonly display: string;
  readonly scheme: string;
  readonly data: Buffer;
}

/** The secret that a display of this machine asks for; undefined when the file has none, as displays may do without. */
export function cookieFor(
  file: Buffer,
  { hostName, display }: { readonly hostName: string; readonly display: number },
): Uint8Array | undefined {
  const here = entriesOf(file).filter(
    (entry) =>
      entry.scheme === COOKIE &&
      (entry.family === LOCAL || entry.family === ANY) &&
      (entry.display === '' || entry.display === String(display)),
  );
  // A machine that was renamed after the login keeps its old name in the file.
  return (here.find(({ family, address }) => family === ANY || address === hostName) ?? here[0])?.data;
}

/** Big-endian, each text behind its length. What is cut off in the middle is left out. */
function entriesOf(file: Buffer): readonly Entry[] {
  const entries: Entry[] = [];
  let at = 0;
  const text = (): Buffer => {
    const end = at + 2 + file.readUInt16BE(at);
    if (end > file.length) throw new RangeError('cut off');
    const bytes = file.subarray(at + 2, end);
    at = end;
    return bytes;
  };
  try {
    while (at < file.length) {
      const family = file.readUInt16BE(at);
      at += 2;
      const [address, display, scheme] = [
        text().toString('latin1'),
        text().toString('latin1'),
        text().toString('latin1'),
      ];
      entries.push({ family, address, display, scheme, data: text() });
    }
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  return entries;
}
