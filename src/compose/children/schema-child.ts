import { checkJson } from '../../jobs/results/json.ts';
import { readSchemaQuestion } from '../../jobs/results/schema-check.ts';
import { connectParent, bindToParent } from '../../system/process/parent.ts';
import { startedByHand } from './started-by-hand.ts';

/**
 * This program as the process that checks one reply against a schema: `__schema`. Ends with the worker that started it.
 *
 * @throws WorkerError `cli.usage` when somebody else started it
 */
export async function runSchemaChild(): Promise<number> {
  const parent = connectParent();
  if (parent === undefined) {
    throw startedByHand('__schema', 'Run `studio-worker run`, which checks replies by itself.');
  }
  await bindToParent(0);
  parent.onMessage((message) => {
    const question = readSchemaQuestion(message);
    if (question !== undefined) parent.send(checkJson(question.text, question.schema));
  });
  await parent.gone;
  return 0;
}
