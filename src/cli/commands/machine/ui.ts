import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import type { OpenedWindow } from '../../../ui/window.ts';

/** Opens the window of the running worker, and starts a worker where none runs. */
export const ui = command({
  summary: 'Open the window that shows and controls the worker; start a worker if none runs',
  examples: ['studio-worker ui', 'studio-worker ui --print'],
  exits: [{ code: 69, means: 'no worker runs and none could be started, or the running one serves no window' }],
  json: '{shown: app|browser|none, url, startedWorker}',
  args: {
    print: { type: 'boolean', description: 'Print the address instead of opening it, such as for a forwarded port' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const opened = await world.openWindow({ configPath: args.config, printOnly: args.print || args.json });
    if (args.json) printJson(world.terminal, opened);
    else printLines(world.terminal, ...linesOf(opened, args.print));
  },
});

function linesOf({ shown, url, startedWorker }: OpenedWindow, printOnly: boolean): readonly string[] {
  const started = startedWorker ? ['a worker was started; it goes on when the window is closed'] : [];
  if (shown !== 'none') return [...started, shown === 'app' ? 'opened a window' : 'opened in the browser'];
  const why = printOnly ? [] : ['no browser was found here; open this address on this machine, once, within a minute:'];
  return [...started, ...why, url];
}
