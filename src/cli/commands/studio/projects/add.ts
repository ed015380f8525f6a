import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { LIMIT_ARGS, limitsIn, PROJECT_ARG, projectIn } from './limits.ts';

/** Adds a project. */
export const projectsAdd = command({
  summary: 'Add a project',
  examples: [
    'studio-worker studio projects add renders',
    'studio-worker studio projects add renders --max-running 4 --max-per-day 1000 --max-artifact-bytes 50GB',
  ],
  exits: OPERATOR_EXITS,
  json: 'the project: {name, createdAt, limits, usage}',
  args: { ...PROJECT_ARG, ...LIMIT_ARGS, ...QUIET_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const name = projectIn(args.project);
    const limits = limitsIn(args);
    const added = await (await openStudio(args, world)).addProject({ name, ...limits });
    if (args.json) printJson(world.terminal, added);
    else printLines(world.terminal, args.quiet ? added.name : `added ${added.name}`);
  },
});
