import { formatDuration } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines, printTable } from '../../output.ts';
import { runningWorker, WITHOUT_WORKER } from '../../running.ts';

/** Shows what the running worker does, and what it holds in memory. */
export const ps = command({
  summary: 'Show the running jobs and the models in memory',
  examples: ['studio-worker ps', 'studio-worker ps --json'],
  exits: WITHOUT_WORKER,
  json: '{jobs: [{jobId, kind, model, phase, startedAt, …}], models: [{model, engine, state, gb, pid?, unloadsAt?, …}]}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const { status } = await runningWorker(args.config, world);
    const { runningJobs: jobs, models } = status;
    if (args.json) return printJson(world.terminal, { jobs, models });
    const now = world.clock.now();
    const since = (at: number): string => formatDuration(Math.max(0, now - at));
    if (jobs.length === 0) printLines(world.terminal, 'no job is running');
    else {
      printTable(world.terminal, {
        columns: ['job', 'kind', 'model', 'phase', 'for'],
        rows: jobs.map(({ jobId, kind, model, phase = '', startedAt }) => [
          jobId,
          kind,
          model,
          phase,
          since(startedAt),
        ]),
      });
    }
    if (models.length === 0) return printLines(world.terminal, 'no model is in memory');
    printLines(world.terminal, '');
    printTable(world.terminal, {
      columns: ['model', 'engine', 'state', 'GiB', 'used', 'unloads'],
      rows: models.map(({ model, engine, state, gb, lastUsedAt, unloadsAt }) => [
        model,
        engine,
        state,
        gb.toFixed(1),
        `${since(lastUsedAt)} ago`,
        unloadsAt === undefined ? '' : `in ${formatDuration(Math.max(0, unloadsAt - now))}`,
      ]),
    });
  },
});
