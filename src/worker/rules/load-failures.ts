import { toWorkerError, type WorkerError } from '../../base/errors.ts';
import type { ModelId } from '../../base/ids.ts';
import { MINUTE_MS } from '../../base/units.ts';
import { decorate } from '../../engines/decorate.ts';
import type { Engine } from '../../engines/engine.ts';
import type { Clock } from '../../system/clock.ts';

/** Remembers which models cannot be loaded here for what this machine lacks, such as a disk that programs may run from. */
export interface LoadFailures {
  /** The same engine, watched. */
  over(engine: Engine): Engine;
  /** Why an offer for this model would fail here now; undefined when nothing is known against it. */
  refusal(engine: string, model: ModelId): string | undefined;
}

/** Whatever lacks may be mended meanwhile; until then each offer would cost the job one of its attempts. */
const REMEMBERED_FOR_MS = 10 * MINUTE_MS;

export function createLoadFailures(clock: Pick<Clock, 'elapsed'>): LoadFailures {
  const failures = new Map<string, { readonly error: WorkerError; readonly at: number }>();
  const keyOf = (engine: string, model: ModelId): string => `${engine} ${model}`;

  const watched =
    (engine: Engine): Engine['load'] =>
    async (files, signal, how) => {
      const key = keyOf(engine.id, files.model);
      try {
        const loaded = await engine.load(files, signal, how);
        failures.delete(key);
        return loaded;
      } catch (thrown) {
        const error = toWorkerError(thrown);
        if (error.code === 'native.unavailable') failures.set(key, { error, at: clock.elapsed() });
        throw error;
      }
    };

  return {
    over: (engine) => decorate(engine, { load: watched(engine) }),
    refusal(engine, model) {
      const key = keyOf(engine, model);
      const failure = failures.get(key);
      if (failure === undefined) return undefined;
      if (clock.elapsed() - failure.at < REMEMBERED_FOR_MS) return failure.error.message;
      failures.delete(key);
      return undefined;
    },
  };
}
