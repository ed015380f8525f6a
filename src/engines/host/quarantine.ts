import type { ModelId } from '../../base/ids.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';

/** Three crashes in ten minutes are no accident, and each costs the studio an attempt. */
const CRASHES = 3;
const WITHIN_MS = 10 * MINUTE_MS;
/** Long enough to spare the studio, short enough that a driver that was repaired counts the same day. */
const LASTS_MS = 30 * MINUTE_MS;

/** Keeps a model that crashes its engine repeatedly from taking jobs for a while. Other models are not affected. */
export interface Quarantine {
  /** Counts a crash. True when it is the one that brought the quarantine on. */
  crashed(engine: EngineName, model: ModelId): boolean;
  /** Takes back the latest crashes of a model, and the quarantine with them: they were not its doing. */
  forgive(engine: EngineName, model: ModelId, crashes: number): void;
  /** How long offers of this model are still rejected, in milliseconds; 0 when they are not. */
  remainingMs(engine: EngineName, model: ModelId): number;
  /** Every model that is in quarantine now. */
  list(): readonly Quarantined[];
}

/** A model in quarantine, and for how long still. */
export interface Quarantined {
  readonly engine: EngineName;
  readonly model: ModelId;
  readonly remainingMs: number;
}

/** Nobody is in quarantine yet; a restart of the worker forgets, because it may be the repair. */
export function createQuarantine(clock: Pick<Clock, 'elapsed'>): Quarantine {
  const crashes = new Map<string, readonly number[]>();
  const until = new Map<string, { readonly engine: EngineName; readonly model: ModelId; readonly endsMs: number }>();
  const keyOf = (engine: EngineName, model: ModelId): string => JSON.stringify([engine, model]);
  const remaining = (key: string): number => Math.max(0, (until.get(key)?.endsMs ?? 0) - clock.elapsed());
  return {
    crashed(engine, model) {
      const key = keyOf(engine, model);
      const now = clock.elapsed();
      const recent = [...(crashes.get(key) ?? []), now].filter((at) => now - at < WITHIN_MS).slice(-CRASHES);
      crashes.set(key, recent);
      if (recent.length < CRASHES || remaining(key) > 0) return false;
      until.set(key, { engine, model, endsMs: now + LASTS_MS });
      return true;
    },
    forgive(engine, model, count) {
      const key = keyOf(engine, model);
      const left = (crashes.get(key) ?? []).slice(0, -count);
      crashes.set(key, left);
      if (left.length < CRASHES) until.delete(key);
    },
    remainingMs: (engine, model) => remaining(keyOf(engine, model)),
    list: () =>
      [...until].flatMap(([key, { engine, model }]) => {
        const remainingMs = remaining(key);
        return remainingMs > 0 ? [{ engine, model, remainingMs }] : [];
      }),
  };
}
