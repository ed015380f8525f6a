import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { PROJECT_ARG, projectIn, projectLines } from './limits.ts';

/** Shows one project; a token of its own with the scope `read` will do. */
export const projectsShow = command({
  summary: 'Show a project with its usage and limits',
  examples: ['studio-worker studio projects show renders', 'studio-worker studio projects show renders --json'],
  exits: OPERATOR_EXITS,
  json: '{name, createdAt, limits: {maxQueued?, maxRunning?, maxPerDay?, maxArtifactBytes?}, usage: {queued, running, today, artifactBytes}}',
  args: { ...PROJECT_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const name = projectIn(args.project);
    const project = await (await openStudio(args, world)).project(name);
    if (args.json) printJson(world.terminal, project);
    else printLines(world.terminal, ...projectLines(project));
  },
});
