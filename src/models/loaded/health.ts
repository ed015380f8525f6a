import { ERROR_CODES, type ErrorCode, toWorkerError } from '../../base/errors.ts';

/** Failures that are not the model's: what a task asks for, and what could not be fetched for it. */
const INPUT_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'url.refused',
  'download.failed',
  'download.missing',
  'download.too-large',
]);

/** How a model is after a use: `doubtful` may serve again, but not after two such uses in a row. */
export type Condition = 'sound' | 'doubtful' | 'broken';

/** How a use that failed so leaves its model. What ends its process is heard from the process itself. */
export function conditionAfter(thrown: unknown, signal: AbortSignal): Condition {
  if (signal.aborted) return 'sound';
  const { code } = toWorkerError(thrown);
  if (ERROR_CODES[code].acts === 'task' || INPUT_FAULTS.has(code)) return 'sound';
  return code === 'result.rejected' ? 'doubtful' : 'broken';
}
