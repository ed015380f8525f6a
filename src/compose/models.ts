import { USER_AGENT } from '../base/version.ts';
import type { ConfigStore } from '../config/store.ts';
import type { Logger } from '../log/logger.ts';
import type { ModelStoreOptions } from '../models/options.ts';
import { DOWNLOAD_POLICY } from '../models/wanted.ts';
import { crc32, startSha256 } from '../system/digest.ts';
import { acquireLock } from '../system/lock.ts';
import { openPartFile } from '../system/part-file.ts';
import { createRemote } from '../system/remote-client.ts';
import type { Remote } from '../system/remote.ts';
import type { Effects } from './effects.ts';

const GB = 1e9;

/** The way to URLs that offers name. */
export const offeredUrls = ({ clock, environment }: Effects, config: Pick<ConfigStore, 'current'>): Remote =>
  createRemote({
    clock,
    env: environment.get,
    userAgent: USER_AGENT,
    allowPrivate: () => config.current.allow_private_urls,
  });

/** Everything the model store is made of, by the config's word. */
export function modelStoreOptions(
  effects: Effects,
  config: Pick<ConfigStore, 'current'>,
  log: Logger,
): ModelStoreOptions {
  const { files, clock, sha256, environment } = effects;
  const { pid } = environment;
  return {
    root: config.current.models_root,
    files,
    openPart: openPartFile,
    sha256,
    startSha256,
    crc32,
    clock,
    log: log.child({}, 'models'),
    lock: (path) => acquireLock(path, { pid }),
    pid,
    remote: offeredUrls(effects, config),
    policy: DOWNLOAD_POLICY,
    diskFloorBytes: () => config.current.disk_floor_gb * GB,
    maxBytes: () => (config.current.models_max_gb === undefined ? undefined : config.current.models_max_gb * GB),
  };
}
