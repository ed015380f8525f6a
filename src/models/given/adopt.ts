import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { localPlace, pathOf } from '../store/layout.ts';

/**
 * Where a file that the operator gives has its place among the models, for its engine to find it.
 *
 * @throws WorkerError `cli.usage` for an id that no file can be called
 */
export function adoptedPath(
  root: string,
  { id, engine }: { readonly id: string; readonly engine: EngineName },
): string {
  const place = localPlace(root, engine, id);
  if (place !== undefined) return pathOf(place);
  throw new WorkerError('cli.usage', `--id is ${quoted(id)}, which no file can be called`);
}
