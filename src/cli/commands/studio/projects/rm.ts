import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { PROJECT_ARG, projectIn } from './limits.ts';

/** Removes a project. */
export const projectsRm = command({
  summary: 'Remove a project and its tokens; its jobs and artifacts stay, and its name is not given again',
  examples: ['studio-worker studio projects rm renders', 'studio-worker studio projects rm renders --force'],
  exits: OPERATOR_EXITS,
  json: '{name, removed}',
  args: {
    ...PROJECT_ARG,
    force: { type: 'boolean', description: 'Also while it has jobs that have not ended, which are cancelled' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const name = projectIn(args.project);
    await (await openStudio(args, world)).removeProject(name, args.force);
    if (args.json) printJson(world.terminal, { name, removed: true });
    else printLines(world.terminal, `removed ${name}`);
  },
});
