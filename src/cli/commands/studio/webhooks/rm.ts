import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findWebhook, WEBHOOK_ARG } from '../../../studio-ids.ts';

/** Removes a webhook. */
export const webhooksRm = command({
  summary: 'Remove a webhook; its pending deliveries fail',
  examples: ['studio-worker studio webhooks rm wh-7d6f'],
  exits: OPERATOR_EXITS,
  json: '{id, removed}',
  args: { ...WEBHOOK_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { id } = await findWebhook(studio, args.webhook);
    await studio.removeWebhook(id);
    if (args.json) printJson(world.terminal, { id, removed: true });
    else printLines(world.terminal, `removed ${id}`);
  },
});
