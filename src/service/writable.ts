import { type Change, folderOf, type UnknownChange } from '../release/receipt.ts';

/** Where a worker keeps what it writes. Paths are absolute. */
export interface WrittenPlaces {
  /** Of the config file, and of what lies beside it. */
  readonly configFolder: string;
  readonly modelsRoot: string;
  readonly nativeFolder: string;
  /** The file in which installing notes what it changes. */
  readonly receiptPath: string;
  /** Where the control socket would be beside the config file, and where it is. A pipe of Windows is no file. */
  readonly control: { readonly beside: string; readonly address: string };
  /** What the receipt holds: updates write these files again. */
  readonly changes: readonly (Change | UnknownChange)[];
  /** The executable, which replaces itself when it updates; undefined for a checkout, which does not. */
  readonly program: string | undefined;
}

/** The folders that a worker writes, each named once: an isolated service may write nowhere else. */
export function writableFolders(places: WrittenPlaces): readonly string[] {
  const { configFolder, modelsRoot, nativeFolder, receiptPath, control, changes, program } = places;
  // Where the path beside the config file is too long for a socket, its own folder is made elsewhere.
  const hasOwnFolder = control.address !== control.beside && !control.address.startsWith(PIPE);
  return [
    ...new Set([
      configFolder,
      modelsRoot,
      nativeFolder,
      folderOf(receiptPath),
      ...(hasOwnFolder ? [folderOf(folderOf(control.address))] : []),
      ...changes.flatMap((change) => (change.is === 'file' ? [folderOf(change.path)] : [])),
      ...(program === undefined ? [] : [folderOf(program)]),
    ]),
  ];
}

/** How names of pipes begin on Windows. */
const PIPE = '\\\\.\\pipe\\';
