import { toWorkerError } from '../../base/errors.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Engine } from '../../engines/engine.ts';
import { notReady, type Readiness, type Where } from '../../engines/readiness.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';

/** Which engines can take work now. Asked on every heartbeat, so it answers from memory. */
export interface ReadyEngines {
  /** As of the last check; one that is due happens in the background. */
  current(): readonly Engine[];
  /** Where the models of an engine run, as of the last check; undefined where it does not say. */
  where(engine: string): Where | undefined;
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
const CHECK_EVERY_MS = MINUTE_MS;

/** None is ready before the first check. */
export const createReadyEngines = (engines: readonly Engine[], options: ReadyEnginesOptions): ReadyEngines =>
  new CheckedEngines(engines, options);

class CheckedEngines implements ReadyEngines {
  readonly #engines: readonly Engine[];
  readonly #options: ReadyEnginesOptions;
  #ready: readonly Engine[] = [];
  #where: ReadonlyMap<string, Where | undefined> = new Map();
  /** The operator's models as of the last check. */
  #checkedModels: string | undefined;
  /** Engines and their models as `onChange` was last called for, or as the first check found them. */
  #reported: string | undefined;
  #isChecking = false;
  #checkedAt = Number.NEGATIVE_INFINITY;
  /** Why each engine was not ready when that was logged last. */
  readonly #logged = new Map<Engine, string>();

  constructor(engines: readonly Engine[], options: ReadyEnginesOptions) {
    this.#engines = engines;
    this.#options = options;
  }

  current(): readonly Engine[] {
    if (Number.isFinite(this.#checkedAt)) void this.#checkIfDue();
    return this.#ready;
  }

  where(engine: string): Where | undefined {
    return this.#where.get(engine);
  }

  async refresh(): Promise<void> {
    const { clock, ownModels, onChange } = this.#options;
    this.#checkedAt = clock.elapsed();
    this.#checkedModels = await ownModels();
    const answers = await Promise.all(this.#engines.map(async (one) => [one, await readinessOf(one)] as const));
    for (const [engine, readiness] of answers) this.#logChange(engine, readiness);
    this.#where = new Map(answers.map(([{ id }, { where }]) => [id, where]));
    this.#ready = answers.filter(([, readiness]) => readiness.ready).map(([engine]) => engine);
    const before = this.#reported;
    this.#reported = JSON.stringify(this.#ready.map(({ id, models }) => [id, models]));
    if (before !== undefined && before !== this.#reported) onChange();
  }

  /** In the background: what is found goes out with a heartbeat of its own. */
  async #checkIfDue(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      const isDue = this.#options.clock.elapsed() - this.#checkedAt >= CHECK_EVERY_MS;
      if (!isDue && (await this.#options.ownModels()) === this.#checkedModels) return;
      await this.refresh();
    } finally {
      this.#isChecking = false;
    }
  }

  #logChange(engine: Engine, readiness: Readiness): void {
    const { log } = this.#options;
    const because = readiness.ready ? '' : readiness.because;
    if ((this.#logged.get(engine) ?? '') === because) return;
    this.#logged.set(engine, because);
    if (readiness.ready) return log.info('engine.ready', { engine: engine.id });
    log[readiness.configured ? 'warn' : 'debug']('engine.not-ready', {
      engine: engine.id,
      because,
      hint: readiness.hint,
    });
  }
}

/** An engine whose check fails is not ready. */
export async function readinessOf(engine: Engine): Promise<Readiness> {
  try {
    return await engine.readiness();
  } catch (thrown) {
    const { message, hint } = toWorkerError(thrown);
    return notReady({ because: message, hint: hint ?? 'Run `studio-worker engines` to see what it is missing.' });
  }
}
