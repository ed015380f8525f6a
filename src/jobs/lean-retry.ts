import { WorkerError } from '../base/errors.ts';
import type { GpuDevice } from '../base/gpu-device.ts';
import type { Engine } from '../engines/engine.ts';
import type { LoadOptions } from '../engines/load-options.ts';
import type { Logger } from '../log/logger.ts';

/** What memory there was when a job ran out of it. Absent where it is unknown. */
export interface Shortage {
  readonly gpu?: string;
  readonly freeGb?: number;
  readonly totalGb?: number;
  readonly ramFreeGb?: number;
}

export interface LeanRetryDeps {
  readonly engine: Pick<Engine, 'id' | 'canRunLean'>;
  /** The GPU that both tries stay on; undefined where the engine chooses. */
  readonly device: GpuDevice | undefined;
  /** Reports what memory there was, and learns that it did not suffice. */
  readonly ranOut: (error: WorkerError) => Shortage;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Runs as usual and, out of memory, retries once with less, where the engine can. What was cancelled
 * meanwhile is not retried.
 *
 * @throws WorkerError what the last try throws; of `engine.out-of-memory` with the numbers
 */
export async function withLeanRetry<T>(
  attempt: (how: LoadOptions) => Promise<T>,
  { engine, device, ranOut, log, signal }: LeanRetryDeps,
): Promise<T> {
  try {
    return await attempt({ lean: false, mayFetch: true, device });
  } catch (thrown) {
    if (!isShortage(thrown) || signal.aborted) throw thrown;
    const shortage = ranOut(thrown);
    if (!engine.canRunLean) throw withNumbers(thrown, shortage, '');
    log.warn('job.retried-lean', { engine: engine.id, error: thrown.message, ...shortage });
  }
  try {
    return await attempt({ lean: true, mayFetch: true, device });
  } catch (thrown) {
    if (!isShortage(thrown) || signal.aborted) throw thrown;
    throw withNumbers(thrown, ranOut(thrown), ', and neither did a retry with less');
  }
}

const isShortage = (thrown: unknown): thrown is WorkerError =>
  thrown instanceof WorkerError && thrown.code === 'engine.out-of-memory';

function withNumbers(error: WorkerError, shortage: Shortage, also: string): WorkerError {
  const { gpu, freeGb, totalGb, ramFreeGb } = shortage;
  const numbers = [
    freeGb === undefined ? [] : `${freeGb.toFixed(1)} of ${totalGb?.toFixed(1)} GiB free on ${gpu}`,
    ramFreeGb === undefined ? [] : `${ramFreeGb.toFixed(1)} GiB of main memory free`,
  ].flat();
  const shown = numbers.length === 0 ? '' : `; ${numbers.join(' and ')} did not suffice${also}`;
  return new WorkerError('engine.out-of-memory', `${error.message}${shown}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    fields: { ...error.fields, ...shortage },
    cause: error,
  });
}
