import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { ASKED, type Suggestion, candidatesFor, isAsked } from '../completions/candidates.ts';
import { command } from '../command.ts';
import { printLines } from '../output.ts';
import { OPERATOR_ARGS } from '../studio-access.ts';
import { cutToWidth, onOneLine } from '../view/text-width.ts';
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

const { json: _json, ...WAY_ARGS } = OPERATOR_ARGS;
const ABOUT_WIDTH = 60;

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
    values: {
      type: 'string',
      valueHint: 'what',
      description: 'Print what can be typed now, as the scripts ask: job, worker, request, …',
    },
    ...WAY_ARGS,
  },
  run: async ({ shell, values, ...given }, world, commands) => {
    const { terminal } = world;
    const script = SHELLS.get(shell);
    if (script === undefined) {
      throw new WorkerError('cli.usage', `<shell> is ${quoted(shell)}; allowed: ${[...SHELLS.keys()].join(', ')}`);
    }
    if (values === undefined) {
      terminal.stdout.write(script(await contextsOf(commands)));
      return;
    }
    if (!isAsked(values)) {
      throw new WorkerError('cli.usage', `--values is ${quoted(values)}; allowed: ${ASKED.join(', ')}`);
    }
    const found = await candidatesFor(values, given, world);
    if (found.length > 0) printLines(terminal, ...found.map((candidate) => lineFor(shell, candidate)));
  },
});

/** zsh and fish show what a candidate is beside it. */
function lineFor(shell: string, { value, about }: Suggestion): string {
  const beside = cutToWidth(onOneLine(about), ABOUT_WIDTH);
  if (shell === 'zsh') return `${value.replaceAll(':', '\\:')}:${beside}`;
  return shell === 'fish' ? `${value}\t${beside}` : value;
}
