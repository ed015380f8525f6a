import { COMMANDS } from '../src/cli/commands/index.ts';
import { bashScript } from '../src/cli/completions/bash.ts';
import { fishScript } from '../src/cli/completions/fish.ts';
import { powershellScript } from '../src/cli/completions/powershell.ts';
import { contextsOf } from '../src/cli/completions/tree.ts';
import { zshScript } from '../src/cli/completions/zsh.ts';
import { manPage } from './man-page.ts';

/**
 * What a release's archive holds for shells and `man`, as texts by their paths in it. The installers look for these
 * names; each is the one under which the shell finds it.
 */
export async function shellFiles(version: string): Promise<ReadonlyMap<string, string>> {
  const contexts = await contextsOf(COMMANDS);
  return new Map([
    ['completions/_studio-worker', zshScript(contexts)],
    ['completions/studio-worker.bash', bashScript(contexts)],
    ['completions/studio-worker.fish', fishScript(contexts)],
    ['completions/studio-worker.ps1', powershellScript(contexts)],
    ['studio-worker.1', await manPage(COMMANDS, version)],
  ]);
}
