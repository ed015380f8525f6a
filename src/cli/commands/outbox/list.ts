import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG, QUIET_ARG } from '../../command.ts';
import { printJson, printLines, printTable } from '../../output.ts';
import { agoText } from '../../view/ago.ts';
import { factsOf } from '../../view/kept-result.ts';

/** Lists what waits, what was set aside and what is damaged. */
export const list = command({
  summary: 'List the results on disk: waiting, set aside and damaged',
  examples: ['studio-worker outbox list', 'studio-worker outbox list --json'],
  json: '{folder, results: [{id, place, jobId?, kind?, ext?, sizeBytes, createdAt, studio?, workerId?}]}',
  args: { ...QUIET_ARG, ...JSON_ARG },
  run: async (args, world) => {
    const outbox = await world.outbox(args.config);
    const results = await outbox.list();
    if (args.json) return printJson(world.terminal, { folder: outbox.folder, results: results.map(factsOf) });
    if (args.quiet) return printLines(world.terminal, ...results.map(({ id }) => id));
    if (results.length === 0) return printLines(world.terminal, `no results in ${outbox.folder}`);
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['result', 'place', 'job', 'type', 'size', 'made', 'studio'],
      rows: results.map(({ id, place, header, sizeBytes, at }) => [
        id,
        place,
        header?.jobId ?? '-',
        header === undefined ? '-' : header.ext || header.kind,
        formatBytes(sizeBytes),
        agoText(at, now),
        header?.studio ?? '-',
      ]),
    });
  },
});
