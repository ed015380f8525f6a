import { type MachineChange, folderOf, type UnknownChange } from '../release/receipt.ts';

/** Where a worker keeps what it writes. Paths are absolute. */
export interface WrittenPlaces {
  /** Of the config file, and of what lies beside it. */
  readonly configFolder: string;
  /** Of the results that wait: beside the config, or where a link of the operator's leads. */
  readonly outboxFolder: string;
  readonly modelsRoot: string;
  readonly nativeFolder: string;
  /** The file in which installing notes what it changes. */
  readonly receiptPath: string;
  /** What the receipt holds: updates write these files again. */
  readonly changes: readonly (MachineChange | UnknownChange)[];
  /** The executable, which replaces itself when it updates; undefined for a checkout, which does not. */
  readonly program: string | undefined;
}

/** The folders that a worker writes, each named once: an isolated service may write nowhere else. */
export function writableFolders(places: WrittenPlaces): readonly string[] {
  const { configFolder, outboxFolder, modelsRoot, nativeFolder, receiptPath, changes, program } = places;
  return [
    ...new Set([
      configFolder,
      ...(outboxFolder.startsWith(`${configFolder}/`) ? [] : [outboxFolder]),
      modelsRoot,
      nativeFolder,
      folderOf(receiptPath),
      ...changes.flatMap((change) => (change.is === 'file' ? [folderOf(change.path)] : [])),
      ...(program === undefined ? [] : [folderOf(program)]),
    ]),
  ];
}
