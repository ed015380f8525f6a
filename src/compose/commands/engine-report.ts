import type { Engine } from '../../engines/engine.ts';
import { whyNotGpu } from '../../engines/readiness.ts';
import type { EngineReport } from '../../worker/engines/report.ts';
import { readinessOf } from '../../worker/engines/readiness.ts';
import { configPathOf, openConfig } from '../config.ts';
import { packState } from '../../engines/llama/devices.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { openCommandLog } from '../log.ts';
import type { PackSet } from '../engines/packs.ts';

/** Asks every engine whether it is ready. Nothing is loaded and nothing is fetched. */
export async function reportEngines(named: string | undefined, effects: Effects): Promise<readonly EngineReport[]> {
  const log = openCommandLog(effects).logger;
  const config = await openConfig(await configPathOf(named, effects), effects, { log, readOnly: true });
  const { engines, packSet } = realEngines(effects, { log, config });
  return await Promise.all(engines.map((engine) => reportOf(engine, packSet)));
}

const packsIn = ({ packs, packStore }: PackSet): Pick<EngineReport, 'packs'> =>
  packs.length === 0
    ? {}
    : { packs: packs.map((pack) => ({ pack: pack.name, state: packState(pack, packStore.find(pack) !== undefined) })) };

/**
 * Facts that are unknown, or say nothing of this engine, are left out rather than empty: `--json` prints them as they
 * are.
 */
export async function reportOf(engine: Engine, packSet?: PackSet): Promise<EngineReport> {
  const readiness = await readinessOf(engine);
  const serves = {
    kinds: Object.keys(engine.models),
    models: [...new Set(Object.values(engine.models).flat())],
  };
  const { where } = readiness;
  const advice = whyNotGpu(where);
  const place = {
    ...(engine.id === packSet?.engine ? packsIn(packSet) : {}),
    ...(where === undefined ? {} : { runsOn: where.on }),
    ...(advice === undefined ? {} : { onCpu: advice }),
  };
  if (readiness.ready) return { engine: engine.id, ready: true, ...place, ...serves };
  return { engine: engine.id, ready: false, because: readiness.because, hint: readiness.hint, ...place, ...serves };
}
