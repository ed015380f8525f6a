import { formatDuration } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines, printTable } from '../../output.ts';
import { runningWorker, NO_WORKER_EXITS } from '../../running.ts';

/** Shows what the running worker does, and what it holds in memory. */
export const ps = command({
  summary: 'Show the running jobs and the models in memory',
  examples: ['studio-worker ps', 'studio-worker ps --json'],
  exits: NO_WORKER_EXITS,
  json: '{jobs: [{jobId, kind, model, gpu?, phase, startedAt, …}], models: [{model, engine, state, gb, gpu?, pid?, unloadsAt?, …}]}',
  args: { ...JSON_ARG },
  run: async (args, world) => {
    const { status } = await runningWorker(args.config, world);
    const { runningJobs: jobs, models } = status;
    if (args.json) return printJson(world.terminal, { jobs, models });
    const now = world.clock.now();
    // On a machine with one GPU nothing names it, and there is no column for it.
    const namesGpus = [...jobs, ...models].some(({ gpu }) => gpu !== undefined);
    const onGpu = (cell: string): string | undefined => (namesGpus ? cell : undefined);
    const since = (at: number): string => formatDuration(Math.max(0, now - at));
    if (jobs.length === 0) printLines(world.terminal, 'no job is running');
    else {
      printTable(world.terminal, {
        columns: present('job', 'kind', 'model', onGpu('GPU'), 'phase', 'for'),
        rows: jobs.map(({ jobId, kind, model, gpu = '', phase = '', startedAt }) =>
          present(jobId, kind, model, onGpu(gpu), phase, since(startedAt)),
        ),
      });
    }
    if (models.length === 0) return printLines(world.terminal, 'no model is in memory');
    printLines(world.terminal, '');
    printTable(world.terminal, {
      columns: present('model', 'engine', onGpu('GPU'), 'state', 'GiB', 'used', 'unloads'),
      rows: models.map(({ model, engine, gpu = '', state, gb, lastUsedAt, unloadsAt }) =>
        present(
          model,
          engine,
          onGpu(gpu),
          state,
          gb.toFixed(1),
          `${since(lastUsedAt)} ago`,
          unloadsAt === undefined ? '' : `in ${formatDuration(Math.max(0, unloadsAt - now))}`,
        ),
      ),
    });
  },
});

const present = (...cells: readonly (string | undefined)[]): readonly string[] =>
  cells.filter((cell) => cell !== undefined);
