import manifest from '../../../dist-manifest.json';
import { VERSION } from '../../base/version.ts';
import type { PackPuller } from '../../cli/world/engines.ts';
import type { LiveConfig } from '../../config/store.ts';
import type { EngineName } from '../../contract/model-source.ts';
import { packState } from '../../engines/llama/devices.ts';
import { type GpuKind, toGpuKind } from '../../engines/readiness.ts';
import type { Logger } from '../../log/logger.ts';
import { releaseFileUrl } from '../../release/pack-url.ts';
import { createPackStore, type Pack, packNamed, type PackStore } from '../../release/packs.ts';
import { targetFor } from '../../release/target.ts';
import { createModelStore } from '../../models/store/store.ts';
import type { Environment } from '../../system/environment.ts';
import { acquireLock } from '../../system/disk/lock.ts';
import type { PackReport } from '../../worker/engines/report.ts';
import { configPathOf, openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { openCommandLog } from '../log.ts';
import { modelStoreOptions, remoteOnDemand } from '../model-store.ts';

/** A pack for a kind of GPU that this version knows. */
export interface GpuPack extends Pack {
  readonly flavour: GpuKind;
  /** Which of the executable's payloads its binaries stand in for. */
  readonly payload: 'llama' | 'vision';
}

/** The packs that this release has for this system, and where they are kept. */
export interface PackSet {
  /** Whose binaries they are. */
  readonly engine: EngineName;
  /** Best first. */
  readonly packs: readonly GpuPack[];
  readonly packStore: PackStore;
}

/** The packs for this system, kept in the account's cache. Nothing is fetched until one is asked for. */
export function createPacks(effects: Effects, config: LiveConfig, log: Logger): PackSet {
  const { clock, environment, native, files } = effects;
  const feed = config.live('auto_update_feed');
  const packStore = createPackStore({
    root: () => `${native.folder}/packs`,
    // The operator named the host, so it may be in the operator's own network.
    openStore: (root) =>
      createModelStore({
        ...modelStoreOptions(effects, config, log),
        root,
        maxBytes: () => undefined,
        remote: remoteOnDemand(effects, () => true),
      }),
    cache: native,
    files,
    lock: (path) => acquireLock(path, { pid: environment.pid, removes: true }),
    clock,
    urlOf: (file) => releaseFileUrl(feed(), VERSION, file),
    log,
  });
  return { engine: 'llama-cpp', packs: packsOf(environment), packStore };
}

/** Those of the manifest that was built in. */
function packsOf(system: Pick<Environment, 'platform' | 'arch'>): readonly GpuPack[] {
  const packs = targetFor(manifest.targets, system)?.packs ?? [];
  return packs.flatMap((pack) => {
    const flavour = toGpuKind(pack.flavour);
    const payload = pack.payload === 'vision' ? 'vision' : 'llama';
    return flavour === undefined ? [] : [{ ...pack, flavour, payload }];
  });
}

/** Those that were fetched before. */
export const packsHere = ({ packs, packStore }: PackSet): readonly GpuPack[] =>
  packs.filter((pack) => packStore.find(pack) !== undefined);

/** Where the packs of this engine stand; none where it has none. */
export const packReports = (id: EngineName, { engine, packs, packStore }: PackSet): readonly PackReport[] =>
  id === engine
    ? packs.map((pack) => ({ pack: pack.name, state: packState(pack, packStore.find(pack) !== undefined) }))
    : [];

/** Packs, for the command that fetches them ahead. */
export async function openPacks(configPath: string | undefined, effects: Effects): Promise<PackPuller> {
  const log = openCommandLog(effects).logger;
  const config = await openConfig(await configPathOf(configPath, effects), effects, { log, readOnly: true });
  const set = createPacks(effects, config, log);
  return { pull: (name, signal, onProgress) => set.packStore.pull(packNamed(set.packs, name), signal, onProgress) };
}
