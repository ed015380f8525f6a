import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';

/** Opens the dashboard of a running studio, by a code that works once. */
export const dashboard = command({
  summary: 'Open the dashboard of a running studio',
  examples: ['studio-worker studio dashboard', 'studio-worker studio dashboard --print'],
  exits: OPERATOR_EXITS,
  json: '{shown: app|browser|none, url}',
  args: {
    print: { type: 'boolean', description: 'Print the address instead of opening it, such as for a forwarded port' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const url = await studio.pageUrl();
    const shown = args.print || args.json ? 'none' : await world.showPage(url);
    if (args.json) return printJson(world.terminal, { shown, url });
    const where = shown === 'browser' ? ' in the browser' : '';
    if (shown !== 'none') return printLines(world.terminal, `opened the dashboard${where}`);
    const why = args.print ? [] : ['no browser was found here; open this address, once, within ten minutes:'];
    printLines(world.terminal, ...why, url);
  },
});
