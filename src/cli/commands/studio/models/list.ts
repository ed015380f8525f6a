import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';

/** Lists the models a studio offers jobs for. */
export const modelsList = command({
  summary: 'List the models the studio may offer',
  examples: ['studio-worker studio models list', 'studio-worker studio models list --json'],
  exits: OPERATOR_EXITS,
  json: 'an array of models: {id, kind, displayName?, vramGbEstimate, source, createdAt, updatedAt}',
  args: { ...QUIET_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const models = await studio.models();
    if (args.json) return printJson(world.terminal, models);
    if (args.quiet) return printLines(world.terminal, ...models.map(({ id }) => id));
    printTable(world.terminal, {
      columns: ['model', 'kind', 'engine', 'vram', 'files', 'name'],
      rows: models.map(({ id, kind, source, vramGbEstimate, displayName }) => [
        id,
        kind,
        source.engine,
        `${vramGbEstimate} GiB`,
        String(source.files.length),
        displayName ?? '-',
      ]),
    });
  },
});
