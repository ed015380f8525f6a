import { WorkerError } from '../../../base/errors.ts';
import type { Reversal } from '../../../release/reverse.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printFailure, printJson, printLines } from '../../output.ts';
import { stopWorker } from '../../stop-worker.ts';
import { onOneLine } from '../../view/text-width.ts';
import type { World } from '../../world.ts';

/** Takes the program and every trace of its installation off this machine. */
export const uninstall = command({
  summary: 'Stop the worker and reverse everything that installing changed',
  examples: ['studio-worker uninstall', 'studio-worker uninstall --purge --yes'],
  exits: [
    { code: 69, means: 'the running worker could not be stopped' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{stopped, reversed: [{is, …}], kept: [{change, because}], purged: [path]}',
  args: {
    purge: {
      type: 'boolean',
      description:
        'Remove the config, undelivered results, native files, downloaded models and the data of your own studio',
    },
    yes: { type: 'boolean', alias: 'y', description: 'Do not ask' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const uninstaller = await world.uninstaller(args.config);
    const { path } = await world.openConfig(args.config, { readOnly: true });
    if (!args.yes) await confirm(world, await uninstaller.changes(), args.purge);
    const stopped = await stopWorker(world, path);
    const { reversals, purged } = await uninstaller.reverseChanges({ purge: args.purge });
    const kept = reversals.filter((reversal) => reversal.is === 'kept');
    const reversed = reversals.filter((reversal) => reversal.is === 'reversed').map(({ change }) => change);
    if (args.json) return printJson(world.terminal, { stopped, reversed, kept, purged });
    for (const one of kept) printFailure(world.terminal, `warning: kept ${keptText(one)}\n`);
    printLines(
      world.terminal,
      ...(stopped ? ['stopped the worker'] : []),
      ...purged.map((gone) => `removed ${onOneLine(gone)}`),
      reversals.length === 0
        ? `nothing to reverse: there is no receipt at ${uninstaller.receiptPath}`
        : `reversed ${reversed.length} changes`,
      ...(args.purge ? [] : [`the config and undelivered results stay beside ${path}`]),
    );
  },
});

/** @throws WorkerError `cli.usage` when nobody is there to ask */
async function confirm(
  { terminal, confirm: ask }: World,
  changes: Awaited<ReturnType<Awaited<ReturnType<World['uninstaller']>>['changes']>>,
  purge: boolean,
): Promise<void> {
  printLines(terminal, ...changes.map((change) => `  ${onOneLine(Object.values(change).join(' '))}`));
  const answer = await ask(
    purge
      ? 'Reverse all this and remove config, results, models and the data of your own studio?'
      : 'Stop the worker and reverse all this?',
  );
  if (answer === true) return;
  throw new WorkerError('cli.usage', answer === undefined ? 'nobody is here to confirm' : 'nothing was changed', {
    hint: 'Run it with `--yes` to go ahead without being asked.',
  });
}

function keptText(kept: Extract<Reversal, { is: 'kept' }>): string {
  const { is, ...what } = kept.change;
  return onOneLine(`${is} ${Object.values(what).join(' ')}: ${kept.because}`);
}
