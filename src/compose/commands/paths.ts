import type { OwnedPath } from '../../cli/world/paths.ts';
import { siblingsOf } from '../../config/paths.ts';
import { diskUsage } from '../../system/disk-usage.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { accountReceipt } from './service.ts';
import { studioDefaults } from '../../local-studio/defaults.ts';

/** Everything that the program keeps on this machine, whether it is there yet or not. */
export async function ownedPaths(named: string | undefined, effects: Effects): Promise<readonly OwnedPath[]> {
  const { files, environment, native } = effects;
  const configPath = await configPathOf(named, effects);
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const { current } = await openConfig(configPath, effects, { log, readOnly: true });
  const beside = siblingsOf(configPath);
  const places: readonly (readonly [what: string, path: string])[] = [
    ['config', configPath],
    ['log', beside.log],
    ['local API', beside.localApi],
    ['model catalogue', beside.catalogue],
    ['open pages', beside.signIns],
    ['undelivered results', beside.outbox],
    ['memory peaks', beside.peaks],
    ['models in memory', beside.residency],
    ['update state', beside.updateState],
    ['releases', beside.updates],
    ['models', current.models_root],
    ['native files', native.folder],
    ['install receipt', accountReceipt(effects).path],
    ['own studio', studioDefaults(environment).dataDir],
  ];
  return await Promise.all(
    places.map(async ([what, path]) => ({
      what,
      path,
      sizeBytes: await diskUsage(path, files, { unreadable: 'is-empty' }),
    })),
  );
}
