import { formatDuration } from '../../../../base/units.ts';
import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findWebhook, WEBHOOK_ARG } from '../../../studio-ids.ts';

/** Sends an event of no job. */
export const webhooksTest = command({
  summary: 'Send a test event to a webhook now, and print the answer',
  examples: ['studio-worker studio webhooks test wh-7d6f'],
  exits: [{ code: 1, means: 'it did not arrive' }, ...OPERATOR_EXITS],
  json: '{delivered, status?, error?, tookMs}',
  args: { ...WEBHOOK_ARG, ...OPERATOR_ARGS },
  run: async (args, world) => {
    const studio = await openStudio(args, world);
    const { id } = await findWebhook(studio, args.webhook);
    const test = await studio.testWebhook(id);
    const { delivered, status, error, tookMs } = test;
    if (args.json) printJson(world.terminal, test);
    else if (delivered) printLines(world.terminal, `delivered: ${status} after ${formatDuration(tookMs)}`);
    else printLines(world.terminal, `not delivered: ${error ?? 'no answer'}`);
    return delivered ? 0 : 1;
  },
});
