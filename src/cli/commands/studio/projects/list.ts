import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { agoOf } from '../../../view/ago.ts';
import { usageCells } from './limits.ts';

/** Lists projects, oldest first. */
export const projectsList = command({
  summary: 'List projects with their usage and limits',
  examples: ['studio-worker studio projects list', 'studio-worker studio projects list --json'],
  exits: OPERATOR_EXITS,
  json: 'an array of projects: {name, createdAt, limits: {maxQueued?, maxRunning?, maxPerDay?, maxArtifactBytes?}, usage: {queued, running, today, artifactBytes}}',
  args: { ...QUIET_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const projects = await (await openStudio(args, world)).projects();
    if (args.json) return printJson(world.terminal, projects);
    if (args.quiet) return printLines(world.terminal, ...projects.map(({ name }) => name));
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['project', 'queued', 'running', 'today', 'artifacts', 'created'],
      rows: projects.map((project) => {
        const { maxQueued, maxRunning, maxPerDay, maxArtifactBytes } = usageCells(project);
        const created = Date.parse(project.createdAt) === 0 ? '-' : agoOf(project.createdAt, now);
        return [project.name, maxQueued, maxRunning, maxPerDay, maxArtifactBytes, created];
      }),
    });
  },
});
