/** A file of an archive. Nothing of the machine that packs it goes in: no owner, no time, no order of its disk. */
export interface Entry {
  readonly bytes: Uint8Array;
  /** False unless told otherwise. */
  readonly isExecutable?: boolean;
}

/** Files by their paths in the archive, which are written with `/`. */
export type Entries = ReadonlyMap<string, Entry>;

/** 1980-01-01, the first day that a zip archive can name; every file is of that time. */
export const EPOCH_SECONDS = Date.UTC(1980, 0, 1) / 1000;

export const modeOf = ({ isExecutable = false }: Entry): number => (isExecutable ? 0o755 : 0o644);

/** In the order of their paths' bytes, which is no locale's. */
export const sorted = (entries: Entries): readonly (readonly [path: string, entry: Entry])[] =>
  [...entries].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

/** Every folder of the paths, outermost first. */
export function foldersOf(entries: Entries): readonly string[] {
  const folders = [...entries.keys()].flatMap((path) =>
    [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index)),
  );
  return [...new Set(folders)].toSorted();
}
