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

export function createCpuRule({ allowCpu, gpuNames, clock, log }: CpuRuleOptions): CpuRule {
  const refused = new Map<string, string>();
  /** Engines that ended up on the CPU when a GPU was expected. */
  const surprises = new Map<string, Advice & { readonly at: number }>();
  const surpriseOf = (engine: string): Advice | undefined => {
    const surprise = surprises.get(engine);
    return surprise !== undefined && clock.elapsed() - surprise.at < SURPRISED_FOR_MS ? surprise : undefined;
  };
  const logged = new Set<string>();

  /** What was refused counts until the answer is known: offers are decided while an engine is asked. */
  async function readiness(engine: Engine): Promise<Readiness> {
    const answer = await engine.readiness();
    const found = await fallbackOf(engine.id, answer);
    if (found === undefined) {
      refused.delete(engine.id);
      return answer.ready && whyNotGpu(answer.where) !== undefined ? onCpu(undefined) : answer;
    }
    if (allowCpu()) {
      refused.delete(engine.id);
      return onCpu(found);
    }
    refused.set(engine.id, found.because);
    const { where } = onCpu(found);
    return { ready: false, because: found.because, hint: `${found.hint} ${REMEDY}`, where, configured: true };
  }

  /** Why an engine that is ready would run on the CPU although this machine has a GPU. */
  async function fallbackOf(engine: string, answer: Readiness): Promise<Advice | undefined> {
    if (!answer.ready || answer.where === undefined) return undefined;
    const advice = whyNotGpu(answer.where) ?? surpriseOf(engine);
    return advice && (await verdict(engine, advice));
  }

  /** Undefined on a machine without a GPU: there is nothing else to run on. */
  async function verdict(engine: string, { because, hint }: Advice): Promise<Advice | undefined> {
    const names = await gpuNames();
    if (names.length === 0) return undefined;
    return { because: `${engine} runs on the CPU although this machine has ${names.join(' and ')}: ${because}`, hint };
  }

  /** What the engine expected may not have come true. */
  async function checked(engine: Engine, loaded: LoadedModel): Promise<LoadedModel> {
    if (loaded.ranOn !== 'cpu') {
      surprises.delete(engine.id);
      return loaded;
    }
    const answer = await engine.readiness();
    const where = answer.ready ? answer.where : undefined;
    if (where === undefined) return loaded; // it only runs on the CPU
    const advice = whyNotGpu(where) ?? notStarted(where.on);
    const found = await verdict(engine.id, advice);
    if (found === undefined) return loaded;
    surprises.set(engine.id, { ...advice, at: clock.elapsed() });
    if (allowCpu()) {
      warnOnce(engine.id, found);
      return loaded;
    }
    refused.set(engine.id, found.because);
    await loaded[Symbol.asyncDispose]();
    throw new WorkerError('engine.failed', found.because, { hint: `${found.hint} ${REMEDY}` });
  }

  function warnOnce(engine: string, { because, hint }: Advice): void {
    if (logged.has(because)) return;
    logged.add(because);
    log.warn('engine.on-cpu', { engine, because, hint });
  }

  return {
    over: (engine) =>
      decorate(engine, {
        memory: () => (surpriseOf(engine.id) === undefined ? engine.memory : 'none'), // it takes nothing where it is not
        readiness: () => readiness(engine),
        load: async (files, signal, how) => await checked(engine, await engine.load(files, signal, how)),
      }),
    refusal: (engine) => refused.get(engine),
  };
}

const REMEDY = 'To allow the CPU, set `allow_cpu = true` in the config file.';

const notStarted = (device: DeviceKind): Advice => ({
  because: `${device} did not start`,
  hint: 'Check the GPU driver, and what the engine logged.',
});

const onCpu = (whyNot: Advice | undefined) => ({ ready: true, where: { on: 'cpu', whyNotGpu: whyNot } }) as const;
