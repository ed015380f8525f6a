import { lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WorkerError } from '../../base/errors.ts';
import { codeOf } from '../../base/system-code.ts';

/**
 * A folder of this account's own below the folder for temporary files, where every account may write: it is used only
 * when it is a real folder that we own and nobody else may enter, since programs are loaded from it.
 *
 * @throws WorkerError `folder.unusable`; the system's own error when it cannot be made
 */
export function privateFolder(tempDir: string): string {
  const account = process.getuid?.();
  const path = join(tempDir, account === undefined ? 'studio-worker' : `studio-worker-${account}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
  }
  const facts = lstatSync(path);
  // Windows gives each account its own folder for temporary files, and has no such bits.
  const ours = account === undefined || (facts.uid === account && (facts.mode & 0o077) === 0);
  if (facts.isDirectory() && ours) return path;
  throw unusable(path, 'is not a folder of this account alone', 'or have its owner remove it.');
}

/**
 * Makes sure that nobody else put a folder where we are about to listen, or to load programs from. In a place where
 * everybody may write, anybody could have made it first: there it, or the folder above it that lies there, must be a real
 * one of ours or of root's. The folder itself must be so in any place, unless we are root, who works on what belongs to
 * others. What is missing is fine.
 *
 * @throws WorkerError `folder.unusable`
 */
export function assertTrustedFolder(path: string): void {
  const account = process.getuid?.();
  if (account === undefined) return; // Windows guards folders by their access lists
  const facts = lstatSync(path, { throwIfNoEntry: false });
  const isOurs = ({ uid }: Stats): boolean => uid === account || uid === 0;
  if (facts !== undefined && account !== 0 && !isOurs(facts)) {
    throw unusable(path, 'belongs to another account', 'or start as the account that owns it.');
  }
  for (let at = path; dirname(at) !== at; at = dirname(at)) {
    const [own, above] = [lstatSync(at, { throwIfNoEntry: false }), statSync(dirname(at), { throwIfNoEntry: false })];
    if (own === undefined || above === undefined || !mayEverybodyWrite(above)) continue;
    const isSafe = own.isDirectory() && isOurs(own) && (!mayEverybodyWrite(own) || isSticky(own));
    if (!isSafe) throw unusable(at, 'is not a folder of this account alone', 'or have its owner remove it.');
  }
}

const mayEverybodyWrite = ({ mode }: Stats): boolean => (mode & 0o002) !== 0;
/** Nobody removes or renames what others have in it. */
const isSticky = ({ mode }: Stats): boolean => (mode & 0o1000) !== 0;

const unusable = (path: string, what: string, otherwise: string): WorkerError =>
  new WorkerError('folder.unusable', `the folder ${path} ${what}`, { hint: `Remove ${path}, ${otherwise}` });
