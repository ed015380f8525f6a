import manifest from '../../../dist-manifest.json';
import { VERSION } from '../../base/version.ts';
import type { ConfigStore } from '../../config/store.ts';
import type { Logger } from '../../log/logger.ts';
import { cohortOf } from '../../release/feed/cohort.ts';
import type { FindDeps } from '../../release/feed/find.ts';
import type { UpdateFacts } from '../../release/feed/objections.ts';
import { parseVersion, type Version } from '../../release/feed/semver.ts';
import { targetFor } from '../../release/target.ts';
import type { UpdateMemory } from '../../release/update/state.ts';
import type { Environment } from '../../system/environment.ts';
import { signatureCrypto } from '../../system/signature-crypto.ts';
import type { Effects } from '../effects.ts';

/** What finding a release depends on, as the config says at the moment of asking. */
export interface ReleaseSource {
  readonly facts: () => Omit<UpdateFacts, 'state'>;
  /** `memory` is where it is kept what was seen in the feed. */
  readonly deps: (memory: UpdateMemory) => FindDeps;
}

/** The releases of the configured feed, verified by the keys that were built in. */
export function releaseSource(
  config: Pick<ConfigStore, 'live' | 'current'>,
  effects: Effects,
  log: Logger,
): ReleaseSource {
  const { http, clock, environment, sha256 } = effects;
  const [feed, installId] = [config.live('auto_update_feed'), config.live('install_id')];
  const [prereleases, allowsUnsigned] = [
    config.live('auto_update_prerelease'),
    config.live('auto_update_allow_unsigned'),
  ];
  return {
    facts: () => ({
      running: RUNNING,
      prereleases: prereleases(),
      target: tripleOf(environment),
      cohort: cohortOf(installId(), sha256),
    }),
    deps: (memory) => ({
      http,
      clock,
      crypto: signatureCrypto,
      keys: manifest.signingKeys,
      allowsUnsigned: allowsUnsigned(),
      feed: feed(),
      memory,
      now: () => clock.now(),
      log,
    }),
  };
}

const ZERO: Version = { text: '0.0.0', core: [0n, 0n, 0n], prerelease: [] };
/** A build under a name that is no version is older than every release. */
const RUNNING: Version = parseVersion(VERSION) ?? ZERO;

/** The triple that this program was built for; empty where there are no releases for this system. */
export const tripleOf = (system: Pick<Environment, 'platform' | 'arch'>): string =>
  targetFor(manifest.targets, system)?.triple ?? '';
