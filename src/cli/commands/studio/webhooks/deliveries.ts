import { DELIVERY_STATES } from '../../../../contract/operator/webhooks.ts';
import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines, printTable } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { findJob, findWebhook } from '../../../studio-ids.ts';
import { toNumber } from '../../../args/values.ts';
import { agoOf } from '../../../view/ago.ts';

/** More than the studio gives. */
const MAX_LIMIT = 1_000;

/** Lists what was sent, and what is to be. */
export const webhooksDeliveries = command({
  summary: 'List what webhooks were told, and what came of it, newest first',
  examples: [
    'studio-worker studio webhooks deliveries',
    'studio-worker studio webhooks deliveries --state failed --json',
    'studio-worker studio webhooks deliveries --job job-5f0c',
  ],
  exits: OPERATOR_EXITS,
  json: 'an array of deliveries: {id, webhookId?, jobId, event, state, attempts, createdAt, nextAt?, endedAt?, lastStatus?, lastError?}',
  args: {
    state: { type: 'enum', options: [...DELIVERY_STATES], description: 'Only those in this state' },
    webhook: { type: 'string', valueHint: 'webhook', description: 'Only to this webhook; the beginning will do' },
    job: { type: 'string', valueHint: 'job', description: 'Only of this job; the beginning will do' },
    limit: { type: 'string', valueHint: 'number', default: '50', description: 'Maximum number of deliveries to list' },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const limit = toNumber('--limit', args.limit, { min: 1, max: MAX_LIMIT, whole: true });
    const studio = await openStudio(args, world);
    const webhook = args.webhook === undefined ? undefined : (await findWebhook(studio, args.webhook)).id;
    const job = args.job === undefined ? undefined : (await findJob(studio, args.job)).id;
    const deliveries = await studio.deliveries({ state: args.state, webhook, job, limit });
    if (args.json) return printJson(world.terminal, deliveries);
    if (args.quiet) return printLines(world.terminal, ...deliveries.map(({ id }) => id));
    const now = world.clock.now();
    printTable(world.terminal, {
      columns: ['delivery', 'state', 'event', 'attempts', 'created', 'last answer'],
      rows: deliveries.map(({ id, state, event, attempts, createdAt, lastStatus, lastError }) => [
        id,
        state,
        event,
        String(attempts),
        agoOf(createdAt, now),
        lastError ?? (lastStatus === undefined ? '-' : String(lastStatus)),
      ]),
    });
  },
});
