import { ERROR_CODES, type ErrorCode, toWorkerError } from '../../base/errors.ts';

/** Failures that are not the model's: what a task asks for, and what could not be fetched for it. */
const INPUT_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'url.refused',
  'download.failed',
  'download.missing',
  'download.too-large',
]);

/** A result that is not what was asked for may be the task's doing, or the loaded model's. */
const DOUBTFUL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['result.rejected', 'task.fails-again']);

/** A loaded model after a use: a `suspect` one may serve again, but not after two such uses in a row. */
export type Health = 'healthy' | 'suspect' | 'broken';

/** The state in which a failed use leaves its model. A process that ended is reported by the process itself. */
export function healthAfter(thrown: unknown, signal: AbortSignal): Health {
  if (signal.aborted) return 'healthy';
  const { code } = toWorkerError(thrown);
  if (DOUBTFUL.has(code)) return 'suspect';
  if (ERROR_CODES[code].acts === 'task' || INPUT_FAULTS.has(code)) return 'healthy';
  return 'broken';
}
