import { WorkerError } from '../../base/errors.ts';
import { toModelId } from '../../base/ids.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import type { JsonValue } from '../../base/json.ts';
import type { Task } from '../../contract/tasks/index.ts';
import { artifactContentType } from '../../contract/upload.ts';
import type { TaskResult } from '../../engines/result.ts';
import type { LocalJobs, LocalResult, Requester } from '../../worker/local/local-jobs.ts';
import { SAFE_HEADERS } from '../http/reply.ts';

/** What becomes of a task on a model of the catalogue. */
export interface AskedRun {
  readonly entry: CatalogueEntry;
  readonly task: Task;
}

export const runAsked = (
  { entry, task }: AskedRun,
  requester: Requester,
  local: Pick<LocalJobs, 'run'>,
): Promise<LocalResult> =>
  local.run(
    { model: toModelId(entry.id), task, source: entry.source, vramGbEstimate: entry.vramGbEstimate },
    requester,
  );

/** @throws WorkerError `engine.failed` */
export function artifactOf(result: TaskResult): Extract<TaskResult, { is: 'artifact' }> {
  if (result.is === 'artifact') return result;
  throw new WorkerError('engine.failed', 'the engine returned JSON instead of a file');
}

/** @throws WorkerError `engine.failed` */
export function jsonOf(result: TaskResult): JsonValue {
  if (result.is === 'json') return result.value;
  throw new WorkerError('engine.failed', 'the engine returned a file instead of JSON');
}

/** The bytes of a result, with their type. */
export function artifactReply(result: TaskResult): Response {
  const { bytes, ext } = artifactOf(result);
  return new Response(new Uint8Array(bytes), {
    headers: { ...SAFE_HEADERS, 'content-type': artifactContentType(ext) },
  });
}
