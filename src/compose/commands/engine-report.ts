import { type EngineReport, reportOf } from '../../worker/engines/report.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { realEngines } from '../engines/engines.ts';
import { packReports } from '../engines/packs.ts';
import { openCommandLog } from '../log.ts';

/** Asks every engine whether it is ready. Nothing is loaded and nothing is fetched. */
export async function reportEngines(named: string | undefined, effects: Effects): Promise<readonly EngineReport[]> {
  const log = openCommandLog(effects).logger;
  const config = await openConfig(await configPathOf(named, effects), effects, { log, readOnly: true });
  const { engines, packSet } = realEngines(effects, { log, config });
  return await Promise.all(engines.map((engine) => reportOf(engine, packReports(engine.id, packSet))));
}
