import { WorkerError } from '../../../../base/errors.ts';
import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { LIMIT_ARGS, limitsIn, PROJECT_ARG, projectIn, projectLines } from './limits.ts';

/** Changes a project's limits. */
export const projectsSet = command({
  summary: 'Change the limits of a project; what waits or runs above a new one stays',
  examples: [
    'studio-worker studio projects set renders --max-running 8',
    'studio-worker studio projects set renders --max-per-day none',
  ],
  exits: OPERATOR_EXITS,
  json: 'the project: {name, createdAt, limits, usage}',
  args: { ...PROJECT_ARG, ...LIMIT_ARGS, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const name = projectIn(args.project);
    const limits = limitsIn(args);
    if (Object.values(limits).every((limit) => limit === undefined)) {
      throw new WorkerError('cli.usage', 'nothing to change: give a limit, such as --max-running');
    }
    const project = await (await openStudio(args, world)).changeProject(name, limits);
    if (args.json) printJson(world.terminal, project);
    else printLines(world.terminal, ...projectLines(project));
  },
});
