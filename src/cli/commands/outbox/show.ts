import { formatBytes } from '../../../base/units.ts';
import { command, JSON_ARG } from '../../command.ts';
import { factLine, printJson, printLines } from '../../output.ts';
import { ALL_PLACES, factsOf, findResult, RESULT_ARG } from '../../view/kept-result.ts';
import { onOneLine } from '../../view/text-width.ts';

/** Shows one result, with its prompt. */
export const show = command({
  summary: 'Show one result, with the prompt it was made for',
  examples: ['studio-worker outbox show job-5f0c', 'studio-worker outbox show 01779710 --json'],
  json: '{id, place, jobId?, kind?, ext?, sizeBytes, createdAt, studio?, workerId?, prompt?}',
  args: { ...RESULT_ARG, ...JSON_ARG },
  run: async (args, world) => {
    const result = await findResult(args.result, await world.outbox(args.config), ALL_PLACES);
    const facts = factsOf(result);
    const prompt = result.header?.prompt;
    if (args.json) return printJson(world.terminal, { ...facts, prompt });
    printLines(
      world.terminal,
      factLine('result', result.id),
      factLine('place', result.place),
      factLine('job', onOneLine(facts.jobId ?? '-')),
      factLine('type', onOneLine(facts.ext ?? facts.kind ?? '-')),
      factLine('size', formatBytes(result.sizeBytes)),
      factLine('made', facts.createdAt),
      factLine('studio', onOneLine(facts.studio ?? '-')),
      factLine('worker', onOneLine(facts.workerId ?? '-')),
      factLine('prompt', onOneLine(prompt ?? '-')),
    );
  },
});
