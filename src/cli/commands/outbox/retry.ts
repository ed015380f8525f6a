import { WorkerError } from '../../../base/errors.ts';
import type { KeptResult } from '../../../studio/delivery/kept/kept-results.ts';
import type { ControlResult } from '../../../worker/control/client.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { findResult } from '../../view/kept-result.ts';
import { onOneLine } from '../../view/text-width.ts';
import { failureFacts } from '../../view/worker-reply.ts';
import type { LocalOutbox } from '../../world/outbox.ts';

/** Puts results that were set aside back on their way, and has a running worker deliver what waits. */
export const retry = command({
  summary: 'Queue set-aside results again and retry waiting ones now',
  examples: ['studio-worker outbox retry job-5f0c', 'studio-worker outbox retry --all'],
  exits: [{ code: 66, means: 'the result is damaged' }],
  json: '{requeued: [id], workerTold, workerError?: {code, message}}',
  args: {
    result: {
      type: 'positional',
      required: false,
      valueHint: 'result',
      description: 'Job id, or id as `outbox list` shows it; the beginning will do',
    },
    all: { type: 'boolean', description: 'Every result that was set aside' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const outbox = await world.outbox(args.config);
    const requeued: string[] = [];
    for (const result of await chosen(args, outbox)) requeued.push(await outbox.requeue(result));
    const asked = await world.control(outbox.configPath).ask('deliver', { files: requeued });
    if (args.json) {
      return printJson(world.terminal, { requeued, workerTold: asked.is === 'answered', ...failureFacts(asked) });
    }
    printLines(world.terminal, `${countText(requeued.length)}; ${deliveryText(asked)}`);
  },
});

/** Those to put back: one that waits already needs no more than a round. */
async function chosen(
  { result: given, all }: { readonly result: string | undefined; readonly all: boolean },
  outbox: LocalOutbox,
): Promise<readonly KeptResult[]> {
  if (all === (given !== undefined)) {
    throw new WorkerError('cli.usage', 'name one result, or all with --all', {
      hint: 'Run `studio-worker outbox list`.',
    });
  }
  if (given === undefined) return (await outbox.list()).filter(({ place }) => place === 'set-aside');
  const result = await findResult(given, outbox, ['set-aside', 'waiting']);
  return result.place === 'waiting' ? [] : [result];
}

const countText = (count: number): string =>
  count === 0 ? 'nothing to requeue' : `requeued ${count} ${count === 1 ? 'result' : 'results'}`;

function deliveryText(asked: ControlResult<{ readonly waiting: number }>): string {
  switch (asked.is) {
    case 'answered':
      return `the running worker delivers ${asked.answer.waiting}`;
    case 'not-running':
      return 'no worker is running; delivered after its next start';
    case 'failed':
      return onOneLine(`not delivered yet: ${asked.error.message}. ${asked.error.hint ?? 'Restart the worker.'}`);
    default:
      return asked satisfies never;
  }
}
