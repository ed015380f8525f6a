import { WorkerError } from '../base/errors.ts';
import { xdgFolder } from '../base/process/xdg.ts';
import type { Environment } from '../system/environment.ts';
import type { Files } from '../system/disk/files.ts';

/*
 * What installing changed on this machine, so that it can be reversed: the installers and the commands that set the worker
 * up add to one file, and whoever uninstalls goes through it from the last line up. One change a line, its parts separated
 * by tabs, so that a shell reads it as well.
 */

/** One change of this machine. */
export type MachineChange =
  /**
   * A file or a folder that was made. A file that was made for a `line` may hold lines of the operator's since: it goes
   * only once it is empty.
   */
  | { readonly is: 'file' | 'dir'; readonly path: string }
  /** A line feed that was appended, since the file's last line had none. */
  | { readonly is: 'newline'; readonly path: string }
  /** A line that was appended to a file of the operator's. */
  | { readonly is: 'line'; readonly path: string; readonly line: string }
  /** The line feed that such a file lacked at its end, put there before the line. */
  | { readonly is: 'newline'; readonly path: string }
  /** A folder that was added to the `Path` of a Windows account. */
  | { readonly is: 'userpath'; readonly entry: string }
  /** The file of a service that was registered, or of an entry that starts at a login. */
  | { readonly is: 'service' | 'login'; readonly path: string };

/** A line that this release cannot reverse: a later one wrote it, or somebody edited the file. */
export interface UnknownChange {
  readonly is: 'unknown';
  readonly text: string;
}

/** The changes in a receipt, oldest first. Empty lines are skipped, and carriage returns of Windows editors. */
export const readReceipt = (text: string): readonly (MachineChange | UnknownChange)[] =>
  text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => readChange(line) ?? { is: 'unknown', text: line });

function readChange(text: string): MachineChange | undefined {
  const [kind = '', first = '', ...rest] = text.split('\t');
  if (first === '') return undefined;
  switch (kind) {
    case 'file':
    case 'dir':
    case 'newline':
    case 'service':
    case 'login':
      return rest.length === 0 ? { is: kind, path: first } : undefined;
    case 'line':
      return rest.length === 0 ? undefined : { is: 'line', path: first, line: rest.join('\t') };
    case 'userpath':
      return rest.length === 0 ? { is: 'userpath', entry: first } : undefined;
    default:
      return undefined;
  }
}

/** A change as its line, without the line feed. */
export function writeChange(change: MachineChange): string {
  const parts = partsOf(change);
  if (parts.some((part) => /[\r\n]/.test(part)) || parts.slice(0, 2).some((part) => part.includes('\t'))) {
    throw new WorkerError('file.unusable', `the install receipt cannot hold the name ${JSON.stringify(parts[1])}`, {
      hint: 'Use a folder whose name has no tab and no line break.',
    });
  }
  return parts.join('\t');
}

function partsOf(change: MachineChange): readonly string[] {
  switch (change.is) {
    case 'line':
      return [change.is, change.path, change.line];
    case 'userpath':
      return [change.is, change.entry];
    case 'file':
    case 'dir':
    case 'newline':
    case 'service':
    case 'login':
      return [change.is, change.path];
    default:
      return change satisfies never;
  }
}

/**
 * Where the receipt of this account is. The installers compute the same place by themselves.
 *
 * @throws WorkerError `folder.unusable` when the account has no home folder
 */
export function receiptPath({ platform, homeDir, get }: Pick<Environment, 'platform' | 'homeDir' | 'get'>): string {
  const home = (): string => {
    if (homeDir !== '') return homeDir.replace(/[/\\]+$/, '');
    throw new WorkerError('folder.unusable', 'this account has no home folder to keep the install receipt in', {
      hint: 'Set HOME to the folder of the account that runs the worker.',
    });
  };
  if (platform === 'win32') return `${get('LOCALAPPDATA') || `${home()}\\AppData\\Local`}\\studio-worker\\${NAME}`;
  return `${xdgFolder(get, 'XDG_DATA_HOME') ?? `${home()}/.local/share`}/studio-worker/${NAME}`;
}

const NAME = 'install-receipt.tsv';

/** The receipt of this account. */
export interface Receipt {
  readonly path: string;
  /** Oldest first; empty where there is none. */
  read(): Promise<readonly (MachineChange | UnknownChange)[]>;
  /** Adds changes at the end; those that are in it already stay where they are. */
  add(...changes: readonly MachineChange[]): Promise<void>;
  /** Takes a change out, once it was reversed. The file goes with its last line. */
  remove(change: MachineChange | UnknownChange): Promise<void>;
}

/** Opens it; nothing is read or written before it is used. */
export function openReceipt(
  path: string,
  files: Pick<Files, 'readText' | 'writeAtomic' | 'makeDir' | 'remove' | 'stat'>,
): Receipt {
  const folder = folderOf(path);
  const read = async (): Promise<readonly (MachineChange | UnknownChange)[]> =>
    readReceipt((await files.readText(path)) ?? '');
  const save = async (lines: readonly string[]): Promise<void> => {
    if (lines.length === 0) return await files.remove(path);
    await files.makeDir(folder, { mode: 0o700 });
    await files.writeAtomic(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600, durable: true });
  };
  return {
    path,
    read,
    async add(...changes) {
      const lines = (await read()).map(lineOf);
      // Its own folder is a change as well, and goes last when all of them are reversed.
      const own = lines.length === 0 ? await missingFolders(folder, files) : [];
      const added = [...own, ...changes].map(writeChange).filter((line) => !lines.includes(line));
      if (added.length > 0) await save([...lines, ...new Set(added)]);
    },
    async remove(change) {
      const lines = (await read()).map(lineOf);
      const kept = lines.filter((line) => line !== lineOf(change));
      if (kept.length < lines.length) await save(kept);
    },
  };
}

/** The folders on the way to this one that are not there yet, the outermost first. */
export async function missingFolders(folder: string, files: Pick<Files, 'stat'>): Promise<readonly MachineChange[]> {
  if (folder === folderOf(folder) || (await files.stat(folder)) !== undefined) return [];
  return [...(await missingFolders(folderOf(folder), files)), { is: 'dir', path: folder }];
}

/** The folder that a path of any system is in; the root for what lies there. */
export const folderOf = (path: string): string => path.replace(/[/\\][^/\\]*$/, '') || '/';
const lineOf = (change: MachineChange | UnknownChange): string =>
  change.is === 'unknown' ? change.text : writeChange(change);
