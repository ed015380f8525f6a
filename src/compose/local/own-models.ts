import type { ConfigStore } from '../../config/store.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { CatalogueEntry } from '../../contract/catalogue.ts';
import { type Catalogue, openCatalogue } from '../../models/catalogue/catalogue.ts';
import { SEEDS } from '../../models/catalogue/seeds.ts';
import { createModelStore, type ModelStore } from '../../models/store/store.ts';
import type { Logger } from '../../log/logger.ts';
import { isOnDisk } from '../../local-api/view/model-view.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { modelStoreOptions } from '../model-store.ts';

/** The models of this machine, for a command while no worker runs. */
export interface OwnModels {
  readonly config: ConfigStore;
  readonly log: Logger;
  readonly catalogue: Catalogue;
  readonly store: ModelStore;
  isHere(entry: CatalogueEntry): Promise<boolean>;
}

export async function openOwnModels(named: string | undefined, effects: Effects): Promise<OwnModels> {
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const path = await configPathOf(named, effects);
  const config = await openConfig(path, effects, { log, readOnly: true });
  const { clock, files } = effects;
  const { catalogue: kept } = siblingsOf(path);
  const catalogue = await openCatalogue({ path: kept, files, clock, log, onChange: () => {}, seeds: SEEDS });
  const store = createModelStore(modelStoreOptions(effects, config, log));
  return {
    config,
    log,
    catalogue,
    store,
    isHere: async (entry) => isOnDisk(entry, await store.list()),
  };
}
