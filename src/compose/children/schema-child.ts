import { WorkerError } from '../../base/errors.ts';
import { lookAtJson } from '../../jobs/output/schema.ts';
import { connectParent, serveQuietly } from '../../system/process/parent.ts';

/**
 * This program as the process that holds one reply against a schema: `__schema`. Ends with the worker that started it.
 *
 * @throws WorkerError `cli.usage` when somebody else started it
 */
export async function runSchemaChild(): Promise<number> {
  const parent = connectParent();
  if (parent === undefined) {
    throw new WorkerError('cli.usage', '`__schema` is started by the worker itself', {
      hint: 'Run `studio-worker run`, which looks at replies by itself.',
    });
  }
  await serveQuietly(0);
  parent.onMessage((message) => {
    if (typeof message !== 'object' || message === null || !('text' in message) || !('schema' in message)) return;
    parent.send(lookAtJson(String(message.text), message.schema));
  });
  await parent.gone;
  return 0;
}
