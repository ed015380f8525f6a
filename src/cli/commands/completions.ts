import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { command } from '../command.ts';
import { bashScript } from '../completions/bash.ts';
import { fishScript } from '../completions/fish.ts';
import { powershellScript } from '../completions/powershell.ts';
import { contextsOf } from '../completions/tree.ts';
import { zshScript } from '../completions/zsh.ts';

const SHELLS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
  ['powershell', powershellScript],
]);

/** Prints a script that teaches a shell our commands and flags, made from the command table. */
export const completions = command({
  summary: 'Print a completion script for bash, zsh, fish or PowerShell',
  examples: [
    'source <(studio-worker completions bash)',
    'studio-worker completions zsh > "${fpath[1]}/_studio-worker"',
    'studio-worker completions fish > ~/.config/fish/completions/studio-worker.fish',
    'studio-worker completions powershell | Out-String | Invoke-Expression',
  ],
  args: {
    shell: { type: 'positional', valueHint: 'bash|zsh|fish|powershell', description: 'bash, zsh, fish or powershell' },
  },
  run: async ({ shell }, { terminal }, commands) => {
    const script = SHELLS.get(shell);
    if (script === undefined) {
      throw new WorkerError('cli.usage', `<shell> is ${quoted(shell)}; allowed: ${[...SHELLS.keys()].join(', ')}`);
    }
    terminal.stdout.write(script(await contextsOf(commands)));
  },
});
