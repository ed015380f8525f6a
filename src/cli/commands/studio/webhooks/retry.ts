import { command, QUIET_ARG } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';

/** Retries a delivery that failed. */
export const webhooksRetry = command({
  summary: 'Retry a delivery that failed, with all its attempts',
  examples: ['studio-worker studio webhooks retry job-5f0c-1764327600000-wh-7d6f'],
  exits: OPERATOR_EXITS,
  json: 'the delivery: {id, state, attempts, …}',
  args: {
    delivery: {
      type: 'positional',
      valueHint: 'delivery',
      description: 'Delivery id, as `webhooks deliveries` lists it',
    },
    ...QUIET_ARG,
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const delivery = await (await openStudio(args, world)).retryDelivery(args.delivery);
    if (args.json) printJson(world.terminal, delivery);
    else printLines(world.terminal, args.quiet ? delivery.id : `${delivery.id} is sent again`);
  },
});
