import { WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import { writeJson } from '../../contract/json.ts';
import { ModelSourceSchema } from '../../contract/model-source.ts';
import { readJson } from '../../contract/read.ts';
import type { ModelRequest } from './file-resolver.ts';

/**
 * Reads `{id, source}`, as a studio keeps a model, or a bare model source.
 *
 * @throws WorkerError `cli.usage`
 */
export function readModelDraft(
  value: Readonly<Record<string, unknown>>,
  { path, id }: { readonly path: string; readonly id: string | undefined },
): ModelRequest {
  // Through text, because that is what the contract reads: sizes are 64-bit.
  const source = readJson(ModelSourceSchema, writeJson(value['source'] ?? value));
  if (source.is === 'unreadable') throw usage(`${path} is not a valid model source: ${source.problem}`);
  const model = id ?? value['id'];
  if (typeof model !== 'string' || model === '') throw usage(`${path} has no model id`);
  return { model: toModelId(model), source: source.value };
}

const usage = (message: string): WorkerError =>
  new WorkerError('cli.usage', message, {
    hint: 'Give a file with {"id": …, "source": {"engine": …, "files": […], "cliDefaults": {…}}}, or a source and `--id`.',
  });
