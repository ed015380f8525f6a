import { ERROR_CODES, type ErrorCode, toWorkerError } from '../base/errors.ts';

/** Failures that are not the model's: what a task asks for, and what could not be fetched for it. */
const INPUT_FAULTS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'url.refused',
  'download.failed',
  'download.missing',
  'download.too-large',
]);

/** Whether a model may serve again after a use that failed so. What ends its process is heard from the process itself. */
export function leavesItSound(thrown: unknown, signal: AbortSignal): boolean {
  if (signal.aborted) return true;
  const { code } = toWorkerError(thrown);
  return ERROR_CODES[code].acts === 'task' || INPUT_FAULTS.has(code);
}
