import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findWebhook, WEBHOOK_ARG } from '../../../studio-ids.ts';

/** Enables a webhook that was disabled. */
export const webhooksEnable = command({
  summary: 'Enable a webhook that was disabled; it is told of jobs that end from now on',
  examples: ['studio-worker studio webhooks enable wh-7d6f'],
  exits: OPERATOR_EXITS,
  json: 'the webhook: {id, url, events, createdAt, pending}',
  args: { ...WEBHOOK_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const webhook = await studio.enableWebhook((await findWebhook(studio, args.webhook)).id);
    if (args.json) return printJson(world.terminal, webhook);
    printLines(
      world.terminal,
      `enabled ${webhook.id}: ${webhook.url} is told of jobs again`,
      `what it missed meanwhile: \`studio-worker studio webhooks deliveries --webhook ${webhook.id} --state failed\``,
    );
  },
});
