import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { agoOf } from '../../../view/ago.ts';

/** Lists the webhooks for all jobs. */
export const webhooksList = command({
  summary: 'List the URLs that are told of every job',
  examples: ['studio-worker studio webhooks list'],
  exits: OPERATOR_EXITS,
  json: 'an array of webhooks: {id, url, events, createdAt, pending, disabledAt?, disabledBecause?}',
  args: { ...QUIET_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const webhooks = await (await openStudio(args, world)).webhooks();
    if (args.json) return printJson(world.terminal, webhooks);
    if (args.quiet) return printLines(world.terminal, ...webhooks.map(({ id }) => id));
    if (webhooks.length === 0)
      return printLines(world.terminal, 'no webhooks: `studio-worker studio webhooks add` adds one');
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['webhook', 'state', 'pending', 'added', 'events', 'url'],
      rows: webhooks.map(({ id, url, events, createdAt, pending, disabledBecause }) => [
        id,
        disabledBecause === undefined ? 'active' : `disabled: ${disabledBecause}`,
        String(pending),
        agoOf(createdAt, now),
        events.join(','),
        url,
      ]),
    });
  },
});
