import { GB } from '../base/units.ts';
import { USER_AGENT } from '../base/version.ts';
import type { LocalModels } from '../cli/world/models.ts';
import type { LiveConfig } from '../config/store.ts';
import type { Logger } from '../log/logger.ts';
import type { ModelStoreOptions } from '../models/store/options.ts';
import { DOWNLOAD_POLICY } from '../models/download/request.ts';
import { crc32 } from '../system/disk/digest.ts';
import { followFile } from '../system/disk/file-digest.ts';
import { acquireLock } from '../system/disk/lock.ts';
import { openPartFile } from '../system/disk/sparse-file.ts';
import { ramOf } from '../system/machine/ram.ts';
import type { Remote } from '../system/net/remote/remote.ts';
import type { CheckOfferedUrl } from '../system/net/remote/url-check.ts';
import { readModelDraft } from '../models/store/read-draft.ts';
import { createModelStore } from '../models/store/store.ts';
import { configPathOf, openConfig } from './config.ts';
import type { Effects } from './effects.ts';
import { openCommandLog } from './log.ts';

/** The HTTP client for URLs that somebody else names. It is loaded with its first request: a start would wait for it. */
export const remoteOnDemand = (
  { clock, environment }: Pick<Effects, 'clock' | 'environment'>,
  allowPrivate: () => boolean,
): Remote => ({
  async open(request) {
    const { createRemote } = await import('../system/net/remote/remote-client.ts');
    return await createRemote({ clock, env: environment.get, userAgent: USER_AGENT, allowPrivate }).open(request);
  },
});

/** For URLs that offers name: private addresses only where the config allows them. */
export const offeredUrls = (effects: Effects, config: Pick<LiveConfig, 'live'>): Remote =>
  remoteOnDemand(effects, config.live('allow_private_urls'));

/** The check that such a request begins with. */
export const offeredUrlCheck = (
  { clock }: Pick<Effects, 'clock'>,
  config: Pick<LiveConfig, 'live'>,
): CheckOfferedUrl => {
  const allowPrivate = config.live('allow_private_urls');
  return async (what, url) => {
    const { createUrlCheck } = await import('../system/net/remote/url-check.ts');
    return await createUrlCheck({ clock, allowPrivate })(what, url);
  };
};

/** A model runs in memory, that of the GPU included, which is seldom more than the machine's own. */
const MAX_MEMORY_RATIO = 8;

/** What the model store is made of, as the config says. Limits follow the config without a restart. */
export function modelStoreOptions(effects: Effects, config: LiveConfig, log: Logger): ModelStoreOptions {
  const { files, clock, sha256, startSha256, environment } = effects;
  const { pid } = environment;
  const floorGb = config.live('disk_floor_gb');
  const maxGb = config.live('models_max_gb');
  return {
    root: config.current.models_root,
    files,
    openPart: openPartFile,
    sha256,
    startSha256,
    followFile,
    crc32,
    clock,
    log: log.child({}, 'models'),
    lock: (path) => acquireLock(path, { pid, removes: true }),
    pid,
    remote: offeredUrls(effects, config),
    policy: DOWNLOAD_POLICY,
    diskFloorBytes: () => floorGb() * GB,
    maxFileBytes: MAX_MEMORY_RATIO * ramOf('').totalBytes,
    maxBytes: () => {
      const gb = maxGb();
      return gb === undefined ? undefined : gb * GB;
    },
  };
}

/** The models of this machine, for commands. */
export async function openLocalModels(configPath: string | undefined, effects: Effects): Promise<LocalModels> {
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const config = await openConfig(await configPathOf(configPath, effects), effects, { log });
  const options = modelStoreOptions(effects, config, log);
  return {
    root: options.root,
    get maxBytes() {
      return options.maxBytes();
    },
    store: createModelStore(options),
    readDraft: readModelDraft,
  };
}
