import { toWorkerError } from '../../base/errors.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Engine } from '../../engines/engine.ts';
import { notReady, type Readiness } from '../../engines/readiness.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';

/** Which engines can take work now. Asked on every heartbeat, so it answers from memory. */
export interface ReadyEngines {
  /** As of the last check; one that is due happens in the background. */
  current(): readonly Engine[];
  /** Checks now. */
  refresh(): Promise<void>;
}

export interface ReadyEnginesOptions {
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly log: Logger;
  /** Changes when the operator adds or removes a model of their own. Cheap: asked with every heartbeat. */
  readonly ownModels: () => Promise<string>;
  /** Called when an engine, or a model of the operator, came or went after the first check. */
  readonly onChange: () => void;
}

/** What was missing may be installed while the worker runs. */
const LOOK_EVERY_MS = MINUTE_MS;

/** None is ready before the first check. */
export function createReadyEngines(
  engines: readonly Engine[],
  { clock, log, ownModels, onChange }: ReadyEnginesOptions,
): ReadyEngines {
  let ready: readonly Engine[] = [];
  let seen: string | undefined;
  let told: string | undefined;
  let isLooking = false;
  let lookedAt = Number.NEGATIVE_INFINITY;
  const logged = new Map<Engine, string>();

  function report(engine: Engine, readiness: Readiness): void {
    const because = readiness.ready ? '' : readiness.because;
    if ((logged.get(engine) ?? '') === because) return;
    logged.set(engine, because);
    if (readiness.ready) log.info('engine.ready', { engine: engine.id });
    else
      log[readiness.configured ? 'warn' : 'debug']('engine.not-ready', {
        engine: engine.id,
        because,
        hint: readiness.hint,
      });
  }

  async function refresh(): Promise<void> {
    lookedAt = clock.elapsed();
    seen = await ownModels();
    const answers = await Promise.all(engines.map(async (engine) => [engine, await readinessOf(engine)] as const));
    for (const [engine, readiness] of answers) report(engine, readiness);
    ready = answers.filter(([, readiness]) => readiness.ready).map(([engine]) => engine);
    const before = told;
    told = JSON.stringify(ready.map(({ id, models }) => [id, models]));
    if (before !== undefined && before !== told) onChange();
  }

  /** In the background: what is found is told with a heartbeat of its own. */
  async function look(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    try {
      const isDue = clock.elapsed() - lookedAt >= LOOK_EVERY_MS;
      if (!isDue && (await ownModels()) === seen) return;
      await refresh();
    } finally {
      isLooking = false;
    }
  }

  return {
    current() {
      if (Number.isFinite(lookedAt)) void look();
      return ready;
    },
    refresh,
  };
}

/** An engine whose check fails is not ready. */
export async function readinessOf(engine: Engine): Promise<Readiness> {
  try {
    return await engine.readiness();
  } catch (thrown) {
    const { message, hint } = toWorkerError(thrown);
    return notReady({ because: message, hint: hint ?? 'Run `studio-worker engines` for what it is missing.' });
  }
}
