import { errorChain } from '../base/errors.ts';
import type { Files } from '../system/disk/files.ts';
import type { TextEdits } from '../system/disk/text-edit.ts';
import type { MachineChange, Receipt, UnknownChange } from './receipt.ts';

/** What became of a change that was to be reversed. */
export type Reversal =
  | { readonly is: 'reversed'; readonly change: MachineChange }
  | { readonly is: 'kept'; readonly change: MachineChange | UnknownChange; readonly because: string };

export interface ReverseDeps {
  readonly receipt: Pick<Receipt, 'read' | 'remove'>;
  readonly files: Pick<Files, 'remove' | 'stat'>;
  readonly edits: TextEdits;
  /** Stops a service and removes its file. */
  readonly removeService: (path: string) => Promise<void>;
  /** Removes an entry that starts something at a login. */
  readonly removeLogin: (path: string) => Promise<void>;
  /** Takes a folder out of the `Path` of a Windows account. */
  readonly removeUserPath: (entry: string) => Promise<void>;
  /** Called when all but the folders is reversed: what else was in them may go now. */
  readonly beforeFolders?: () => Promise<void>;
}

/**
 * Reverses every change of the receipt, the last one first, and takes each out of it. Folders come after all else, since the
 * receipt itself is in one of them. What fails is kept, and does not keep the others.
 */
export async function* reverseChanges(deps: ReverseDeps): AsyncGenerator<Reversal> {
  const { receipt } = deps;
  const changes = (await receipt.read()).toReversed();
  const withLines = new Set(changes.flatMap((change) => (change.is === 'line' ? [change.path] : [])));
  const work = { ...deps, withLines };
  for (const change of changes) if (change.is !== 'dir') yield await reverse(change, work);
  const folders = changes.filter(({ is }) => is === 'dir');
  for (const change of folders) await receipt.remove(change);
  await deps.beforeFolders?.();
  for (const change of folders) yield await reverse(change, work);
}

interface ReverseWork extends ReverseDeps {
  /** Files that got a line of ours. */
  readonly withLines: ReadonlySet<string>;
}

async function reverse(change: MachineChange | UnknownChange, deps: ReverseWork): Promise<Reversal> {
  const { receipt } = deps;
  if (change.is === 'unknown') return { is: 'kept', change, because: 'this release does not know how to reverse it' };
  try {
    const because = await undo(change, deps);
    if (because !== undefined) return { is: 'kept', change, because };
    await receipt.remove(change);
    return { is: 'reversed', change };
  } catch (thrown) {
    return { is: 'kept', change, because: errorChain(thrown) };
  }
}

/** Why it was kept; undefined when it is gone. */
async function undo(change: MachineChange, deps: ReverseWork): Promise<string | undefined> {
  const { edits } = deps;
  switch (change.is) {
    case 'file':
      return await undoFile(change.path, deps);
    case 'dir':
      return (await edits.removeEmpty(change.path)) ? undefined : 'it is not empty';
    case 'newline':
      await edits.edit(change.path, (text) => text.replace(/\n$/, ''));
      return undefined;
    case 'line':
      await edits.edit(change.path, (text) => withoutLine(text, change.line));
      return undefined;
    case 'userpath':
      await deps.removeUserPath(change.entry);
      return undefined;
    case 'service':
      await deps.removeService(change.path);
      return undefined;
    case 'login':
      await deps.removeLogin(change.path);
      return undefined;
    default:
      return change satisfies never;
  }
}

/** A start-up file that was made for a line of ours may have got others since. */
async function undoFile(path: string, { files, withLines }: ReverseWork): Promise<string | undefined> {
  const facts = await files.stat(path);
  if (withLines.has(path) && facts !== undefined && facts.sizeBytes > 0) return 'it has lines that others wrote';
  await files.remove(path);
  return undefined;
}

/** The text is read byte for character, so the line is spelled the same way. */
function withoutLine(text: string, line: string): string {
  const bytes = Buffer.from(line).toString('latin1');
  const lines = text.split('\n');
  const at = lines.lastIndexOf(bytes);
  return at === -1 ? text : lines.toSpliced(at, 1).join('\n');
}
