import type { Engine } from '../../engines/engine.ts';
import { whyNotGpu } from '../../engines/readiness.ts';
import { readinessOf } from './readiness.ts';

/** One engine of this release, as the operator sees it. */
export interface EngineReport {
  readonly engine: string;
  readonly ready: boolean;
  /** What its models would run on now; of an engine that can use a GPU. */
  readonly runsOn?: string;
  /** Why that is the CPU although there is a GPU, and what helps. */
  readonly onCpu?: { readonly because: string; readonly hint: string };
  /** Binaries for GPUs that are fetched when they are needed, and where each of them stands. */
  readonly packs?: readonly PackReport[];
  /** What it lacks, and how to fix it; both only while it is not ready. */
  readonly because?: string;
  readonly hint?: string;
  readonly kinds: readonly string[];
  /** The model names it offers to the studio once it is ready. */
  readonly models: readonly string[];
}

/** Where a pack stands, in words for a person. */
export interface PackReport {
  readonly pack: string;
  readonly state: string;
}

/**
 * Asks an engine whether it is ready. Facts that are unknown, or say nothing of this engine, are left out rather than
 * empty: `--json` prints them as they are.
 */
export async function reportOf(engine: Engine, packs: readonly PackReport[]): Promise<EngineReport> {
  const readiness = await readinessOf(engine);
  const { where } = readiness;
  const onCpu = whyNotGpu(where);
  return {
    engine: engine.id,
    ready: readiness.ready,
    ...(readiness.ready ? {} : { because: readiness.because, hint: readiness.hint }),
    ...(packs.length === 0 ? {} : { packs }),
    ...(where === undefined ? {} : { runsOn: where.on }),
    ...(onCpu === undefined ? {} : { onCpu }),
    kinds: Object.keys(engine.models),
    models: [...new Set(Object.values(engine.models).flat())],
  };
}
