import { WorkerError } from '../../base/errors.ts';
import { MIB } from '../../base/units.ts';
import { command, JSON_ARG } from '../command.ts';
import { readNamedFile } from '../args/named-file.ts';
import { printJson, printLines, printTable } from '../output.ts';
import { onOneLine } from '../view/text-width.ts';
import type { ExplainedOffer } from '../../worker/explain.ts';

/** The studio's frames are smaller. */
const MAX_BYTES = 16 * MIB;

/** Prints what this worker would do with an offer, and which rule decides. */
export const explainOffer = command({
  summary: 'Show what this worker would do with an offer, rule by rule',
  examples: ['studio-worker explain-offer offer.json', 'studio-worker explain-offer offer.json --json'],
  exits: [
    { code: 1, means: 'the offer would be rejected, or its job would fail' },
    { code: 69, means: 'the running worker does not respond, or is another version' },
    { code: 76, means: 'the file does not contain an offer' },
    { code: 78, means: 'the config file is invalid' },
  ],
  json: '{jobId, model, kind, engine, verdict: taken|rejected|fails, because, rules: [{rule, outcome, inputs, because}]}',
  args: {
    offer: { type: 'positional', valueHint: 'file', description: 'JSON file with the offer frame, or its claim' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const text = await readNamedFile('explain-offer', args.offer, MAX_BYTES, world);
    if (text === undefined) throw new WorkerError('cli.usage', `explain-offer: ${args.offer} does not exist`);
    const explained = await world.explainOffer({ text, configPath: args.config });
    const { offer, verdict, because, rules } = explained;
    if (args.json) {
      const { jobId, model, task, modelSource } = offer;
      printJson(world.terminal, { jobId, model, kind: task.kind, engine: modelSource.engine, verdict, because, rules });
    } else {
      printTable(world.terminal, {
        columns: ['rule', 'outcome', 'inputs', 'because'],
        rows: rules.map((rule) => [rule.rule, rule.outcome, inputsText(rule.inputs), rule.because]),
      });
      printLines(world.terminal, '', verdictText(explained));
    }
    return verdict === 'taken' ? 0 : 1;
  },
});

const inputsText = (inputs: Readonly<Record<string, string | number | boolean>>): string =>
  Object.entries(inputs)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(', ');

/** Names in it are the studio's, so each is kept to its line. */
function verdictText({ offer, verdict, because }: ExplainedOffer): string {
  const job = onOneLine(`job ${offer.jobId} (${offer.task.kind} by ${offer.model})`);
  if (verdict === 'taken') return `${job} would be taken`;
  const what = verdict === 'rejected' ? 'would be rejected' : 'would be taken and fail';
  return `${job} ${what}: ${onOneLine(because)}`;
}
