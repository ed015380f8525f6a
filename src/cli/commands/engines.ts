import { command, JSON_ARG } from '../command.ts';
import { printJson, printLines, printTable } from '../output.ts';
import { onOneLine } from '../view/text-width.ts';

/** What this machine can run, and what keeps it from running the rest. */
export const engines = command({
  summary: 'Show which engines are ready and what the others need',
  examples: ['studio-worker engines', 'studio-worker engines --json'],
  exits: [{ code: 78, means: 'the config file is invalid' }],
  json: 'an array of engines: {engine, ready, runsOn?, onCpu?, packs?, because?, hint?, kinds, models}',
  args: { ...JSON_ARG },
  subCommands: { pull: async () => (await import('./engines-pull.ts')).pull },
  run: async (args, world) => {
    const reports = await world.engines(args.config);
    if (args.json) return printJson(world.terminal, reports);
    printTable(world.terminal, {
      columns: ['engine', 'ready', 'on', 'tasks', 'models'],
      rows: reports.map(({ engine, ready, runsOn, kinds, models }) => [
        engine,
        ready ? 'yes' : 'no',
        runsOn ?? 'cpu',
        kinds.join(', '),
        models.join(', '),
      ]),
    });
    for (const { engine, packs = [] } of reports) {
      for (const { pack, state } of packs) printLines(world.terminal, '', `${engine}: pack ${pack}: ${state}`);
    }
    for (const { engine, ready, because, hint, onCpu } of reports) {
      const trouble = ready ? onCpu : { because: because ?? '', hint: hint ?? '' };
      if (trouble === undefined) continue;
      printLines(world.terminal, '', `${engine}: ${onOneLine(trouble.because)}`, `  ${onOneLine(trouble.hint)}`);
    }
  },
});
