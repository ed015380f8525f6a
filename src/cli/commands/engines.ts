import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines, printTable } from '../output.ts';
import { onOneLine } from '../text-width.ts';

/** What this machine can run, and what keeps it from running the rest. */
export const engines = command({
  summary: 'Show which engines are ready and what the others need',
  examples: ['studio-worker engines', 'studio-worker engines --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: 'an array of engines: {engine, ready, because?, hint?, kinds, models}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const reports = await world.engines(args.config);
    if (args.json) return printJson(world.terminal, reports);
    printTable(world.terminal, {
      columns: ['engine', 'ready', 'tasks', 'models'],
      rows: reports.map(({ engine, ready, kinds, models }) => [
        engine,
        ready ? 'yes' : 'no',
        kinds.join(', '),
        models.join(', '),
      ]),
    });
    for (const { engine, ready, because = '', hint = '' } of reports) {
      if (!ready) printLines(world.terminal, '', `${engine}: ${onOneLine(because)}`, `  ${onOneLine(hint)}`);
    }
  },
});
