import { realpathSync } from 'node:fs';
import type { BuildOrigin } from '../src/base/build/origin.ts';
import type { Target } from './targets.ts';

/**
 * What a build of the checkout in `folder` is made from. Where Git is missing, or the folder is no checkout of its own,
 * nothing is known of the commit.
 */
export function originOf({ triple }: Pick<Target, 'triple'>, folder = '.'): BuildOrigin {
  return { ...commitIn(folder), target: triple, runtime: `Bun ${Bun.version}` };
}

function commitIn(folder: string): Pick<BuildOrigin, 'commit' | 'date'> {
  // A copy of the sources in a folder below somebody else's checkout is none of that.
  const top = git(folder, 'rev-parse', '--show-toplevel');
  if (top === undefined || realpathSync(top) !== realpathSync(folder)) return {};
  const [commit, seconds] = git(folder, 'log', '-1', '--format=%H %ct')?.split(' ') ?? [];
  if (commit === undefined || seconds === undefined) return {};
  const isDirty = git(folder, 'status', '--porcelain', '--untracked-files=no') !== '';
  const date = new Date(Number(seconds) * 1_000).toISOString().replace('.000Z', 'Z');
  return { commit: isDirty ? `${commit}-dirty` : commit, date };
}

/** What Git prints; undefined where it fails, or is not there. */
function git(folder: string, ...args: readonly string[]): string | undefined {
  try {
    const { success, stdout } = Bun.spawnSync(['git', '-C', folder, ...args], { stderr: 'ignore' });
    return success ? stdout.toString().trim() : undefined;
  } catch {
    return undefined; // not installed
  }
}
