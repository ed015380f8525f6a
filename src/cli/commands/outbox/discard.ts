import { WorkerError } from '../../../base/errors.ts';
import type { KeptResult } from '../../../studio/delivery/kept/kept-results.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { ALL_PLACES, factsOf, findResult, RESULT_ARG } from '../../view/kept-result.ts';
import type { World } from '../../world.ts';
import type { LocalOutbox } from '../../world/outbox.ts';

/** Removes a result for good. */
export const discard = command({
  summary: 'Remove a result for good, whether it waits or was set aside',
  examples: ['studio-worker outbox discard job-5f0c', 'studio-worker outbox discard job-5f0c --yes'],
  exits: [
    { code: 69, means: 'the running worker could not be asked' },
    { code: 75, means: 'a worker runs and does not answer' },
  ],
  json: '{id, place, jobId?, …, discarded}',
  args: {
    ...RESULT_ARG,
    yes: { type: 'boolean', alias: 'y', description: 'Do not ask' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const outbox = await world.outbox(args.config);
    const result = await findResult(args.result, outbox, ALL_PLACES);
    if (!args.yes) await confirm(result, world);
    const discarded =
      result.place === 'waiting' ? await discardWaiting(result, outbox, world) : await remove(result, outbox);
    if (args.json) printJson(world.terminal, { ...factsOf(result), discarded });
    else printLines(world.terminal, discarded ? `discarded ${result.id}` : `${result.id} was delivered meanwhile`);
  },
});

async function remove(result: KeptResult, outbox: LocalOutbox): Promise<true> {
  await outbox.remove(result);
  return true;
}

/** A worker that runs has it in its hands; without one it is only a file, or a record of one. */
async function discardWaiting({ id }: KeptResult, outbox: LocalOutbox, world: World): Promise<boolean> {
  const asked = await world.control(outbox.configPath).ask('discard', { file: id });
  if (asked.is === 'failed') throw asked.error;
  return asked.is === 'answered' ? asked.answer.discarded : await outbox.discardWaiting(id);
}

async function confirm({ id, header }: KeptResult, { confirm: ask }: World): Promise<void> {
  const answer = await ask(`Remove ${id}${header === undefined ? '' : ` of job ${header.jobId}`}? No copy is left.`);
  if (answer === true) return;
  throw new WorkerError('cli.usage', answer === undefined ? 'nobody is here to confirm' : 'nothing was removed', {
    hint: 'Run it with `--yes` to go ahead without being asked.',
  });
}
