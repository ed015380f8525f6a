import { WorkerError } from '../../base/errors.ts';
import { decorate } from '../../engines/decorate.ts';
import type { Engine, LoadedModel } from '../../engines/engine.ts';
import { type Advice, type DeviceKind, type Readiness, whyNotGpu } from '../../engines/readiness.ts';
import { MINUTE_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';

/*
 * An engine that could use a GPU, on a machine that has one, and would run on the CPU all the same:
 *
 *   allow_cpu = true    → it runs, is logged once, and each result carries where it ran
 *   allow_cpu = false   → it is not ready, and a model that ended up there after all is given back
 *
 * No silent CPU fallback. Engines that only run on the CPU, and machines without a GPU, are not affected.
 */

export interface CpuRuleOptions {
  readonly allowCpu: () => boolean;
  /** Names of this machine's GPUs; asked only when an engine would not use one. */
  readonly gpuNames: () => Promise<readonly string[]>;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly log: Logger;
}

/** Keeps engines from falling back to the CPU unnoticed. */
export interface CpuRule {
  /** The same engine, under the rule. */
  over(engine: Engine): Engine;
  /** Why offers for this engine are rejected now, as of its last check; undefined when they are not. */
  refusal(engine: string): string | undefined;
}

/** A GPU whose memory was full, or whose driver was repaired, gets its chance the same day: it may cost one job. */
const SURPRISED_FOR_MS = 30 * MINUTE_MS;

export const createCpuRule = (options: CpuRuleOptions): CpuRule => new FallbackRule(options);

class FallbackRule implements CpuRule {
  readonly #options: CpuRuleOptions;
  readonly #refused = new Map<string, string>();
  /** Engines that ended up on the CPU when a GPU was expected. */
  readonly #surprises = new Map<string, Advice & { readonly at: number }>();
  readonly #logged = new Set<string>();

  constructor(options: CpuRuleOptions) {
    this.#options = options;
  }

  over(engine: Engine): Engine {
    return decorate(engine, {
      memory: () => (this.#surpriseOf(engine.id) === undefined ? engine.memory : 'none'), // it takes nothing where it is not
      readiness: () => this.#readiness(engine),
      load: async (files, signal, how) => await this.#checked(engine, await engine.load(files, signal, how)),
    });
  }

  refusal(engine: string): string | undefined {
    return this.#refused.get(engine);
  }

  /** What was refused counts until the answer is known: offers are decided while an engine is asked. */
  async #readiness(engine: Engine): Promise<Readiness> {
    const answer = await engine.readiness();
    const found = await this.#fallbackOf(engine.id, answer);
    if (found === undefined) {
      this.#refused.delete(engine.id);
      return answer.ready && whyNotGpu(answer.where) !== undefined ? onCpu(undefined) : answer;
    }
    if (this.#options.allowCpu()) {
      this.#refused.delete(engine.id);
      return onCpu(found);
    }
    this.#refused.set(engine.id, found.because);
    const { where } = onCpu(found);
    return { ready: false, because: found.because, hint: `${found.hint} ${REMEDY}`, where, configured: true };
  }

  /** Why an engine that is ready would run on the CPU although this machine has a GPU. */
  async #fallbackOf(engine: string, answer: Readiness): Promise<Advice | undefined> {
    if (!answer.ready || answer.where === undefined) return undefined;
    const advice = whyNotGpu(answer.where) ?? this.#surpriseOf(engine);
    return advice && (await this.#verdict(engine, advice));
  }

  /** Undefined on a machine without a GPU: there is nothing else to run on. */
  async #verdict(engine: string, { because, hint }: Advice): Promise<Advice | undefined> {
    const names = await this.#options.gpuNames();
    if (names.length === 0) return undefined;
    return { because: `${engine} runs on the CPU although this machine has ${names.join(' and ')}: ${because}`, hint };
  }

  /** What the engine expected may not have come true. */
  async #checked(engine: Engine, loaded: LoadedModel): Promise<LoadedModel> {
    // A model that has a place of its own tells nothing about the engine's others.
    const isOfEngine = loaded.where === undefined;
    if (loaded.ranOn !== 'cpu') {
      if (isOfEngine) this.#surprises.delete(engine.id);
      return loaded;
    }
    const answer = await engine.readiness();
    const where = loaded.where ?? (answer.ready ? answer.where : undefined);
    if (where === undefined) return loaded; // it only runs on the CPU
    const advice = whyNotGpu(where) ?? notStarted(where.on);
    const found = await this.#verdict(engine.id, advice);
    if (found === undefined) return loaded;
    if (isOfEngine) this.#surprises.set(engine.id, { ...advice, at: this.#options.clock.elapsed() });
    if (this.#options.allowCpu()) {
      this.#warnOnce(engine.id, found);
      return loaded;
    }
    if (isOfEngine) this.#refused.set(engine.id, found.because);
    await loaded[Symbol.asyncDispose]();
    throw new WorkerError('engine.failed', found.because, { hint: `${found.hint} ${REMEDY}` });
  }

  #warnOnce(engine: string, { because, hint }: Advice): void {
    if (this.#logged.has(because)) return;
    this.#logged.add(because);
    this.#options.log.warn('engine.on-cpu', { engine, because, hint });
  }

  #surpriseOf(engine: string): Advice | undefined {
    const surprise = this.#surprises.get(engine);
    const isRecent = surprise !== undefined && this.#options.clock.elapsed() - surprise.at < SURPRISED_FOR_MS;
    return isRecent ? surprise : undefined;
  }
}

const REMEDY = 'To allow the CPU, set `allow_cpu = true` in the config file.';

const notStarted = (device: DeviceKind): Advice => ({
  because: `${device} did not start`,
  hint: 'Check the GPU driver, and what the engine logged.',
});

const onCpu = (whyNot: Advice | undefined) => ({ ready: true, where: { on: 'cpu', whyNotGpu: whyNot } }) as const;
