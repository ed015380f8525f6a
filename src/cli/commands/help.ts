import { WorkerError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { commandHelp, programHelp } from '../view/help.ts';
import { printLines } from '../output.ts';
import { parseLine } from '../args/parse.ts';

const name = { type: 'positional', required: false, valueHint: 'command', description: 'Command name' } as const;

/** Explains the program or one command, as `--help` does. */
export const help = command({
  summary: 'Explain a command',
  examples: ['studio-worker help', 'studio-worker help studio jobs create'],
  args: { command: name, 'sub-command': name, 'sub-sub-command': name },
  run: async (args, world, commands) => {
    const words = [args.command, args['sub-command'], args['sub-sub-command']].filter((word) => word !== undefined);
    const { path, command: named } = await parseLine([...words, '--help'], commands);
    if (path.length < words.length) {
      throw new WorkerError('cli.usage', `\`${path.join(' ')}\` has no commands below it`, {
        hint: `Run \`studio-worker help ${path.join(' ')}\`.`,
      });
    }
    printLines(world.terminal, named === undefined ? await programHelp(commands) : await commandHelp(path, named));
  },
});
