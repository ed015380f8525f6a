import { WorkerError } from '../../base/errors.ts';
import { checkJson } from '../../jobs/output/json.ts';
import { connectParent, bindToParent } from '../../system/process/parent.ts';

/**
 * This program as the process that checks one reply against a schema: `__schema`. Ends with the worker that started it.
 *
 * @throws WorkerError `cli.usage` when somebody else started it
 */
export async function runSchemaChild(): Promise<number> {
  const parent = connectParent();
  if (parent === undefined) {
    throw new WorkerError('cli.usage', '`__schema` is started by the worker itself', {
      hint: 'Run `studio-worker run`, which checks replies by itself.',
    });
  }
  await bindToParent(0);
  parent.onMessage((message) => {
    if (typeof message !== 'object' || message === null || !('text' in message) || !('schema' in message)) return;
    parent.send(checkJson(String(message.text), message.schema));
  });
  await parent.gone;
  return 0;
}
