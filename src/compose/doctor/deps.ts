import manifest from '../../../dist-manifest.json';
import { errorChain } from '../../base/errors.ts';
import { shownUrl } from '../../base/urls.ts';
import { VERSION } from '../../base/version.ts';
import { siblingsOf } from '../../config/paths.ts';
import { diskUsage } from '../../system/disk-usage.ts';
import { type PresenceReading, presenceOf } from '../../system/presence/presence.ts';
import { lockHolder } from '../../system/disk/lock.ts';
import { permissionsOf } from '../../system/disk/permissions.ts';
import { hasLibrary } from '../../system/native/shared-library.ts';
import { proxyFor } from '../../system/net/proxy.ts';
import { runsProgramsIn } from '../../system/process/runs-programs.ts';
import { askStudio, tryUpgrade } from '../../doctor/ask-studio.ts';
import { distributionWords } from '../../doctor/distribution.ts';
import type { DoctorDeps, FeedReport } from '../../doctor/deps.ts';
import { reportEngines } from '../commands/engine-report.ts';
import { openConfig } from '../config.ts';
import type { Effects } from '../effects.ts';
import { placesInVulkan } from '../../system/machine/gpu-variables.ts';
import { askVulkanOnce } from '../engines/vulkan.ts';
import { underGpuRules } from '../gpu-rules.ts';
import { readConditions } from '../../worker/conditions/read.ts';
import { openCommandLog } from '../log.ts';
import { openUpdates } from '../update/commands.ts';
import { reportService } from './service.ts';

/** Whose config is looked at, and the way to the worker that runs with it. */
export interface DoctorPlace {
  /** As the operator named it. */
  readonly named: string | undefined;
  readonly path: string;
  readonly asked: Pick<DoctorDeps, 'worker' | 'offers'>;
}

/** What the checks look at, for real. What several of them want is asked once. */
export function doctorDeps({ named, path, asked }: DoctorPlace, effects: Effects): DoctorDeps {
  const { clock, environment, files, native, presence } = effects;
  const log = openCommandLog(effects).logger.child({}, 'cli');
  const config = once(async () => {
    const { current, isFresh } = await openConfig(path, effects, { log, readOnly: true });
    return { path, exists: !isFresh, values: current };
  });
  const ruled = async (): Promise<Effects['gpus']> => underGpuRules(effects, { current: (await config()).values }).gpus;
  const gpus = once(async () => await (await ruled()).probe());
  const studioUrlOf = async (): Promise<string> => (await config()).values.api_base_url;
  return {
    platform: environment.platform,
    now: () => clock.now(),
    version: VERSION,
    config,
    modeOf: permissionsOf,
    studio: once(async () => await askStudio(await studioUrlOf(), effects)),
    upgrade: async () => await tryUpgrade(await studioUrlOf(), effects),
    proxy: async () => shown(proxyFor(await studioUrlOf(), environment.get)),
    freeBytes: (at) => files.freeBytes(at),
    sizeOf: async (at) => (await diskUsage(at, files)) ?? 0,
    async nativeCache() {
      const folder = native.folder;
      return { folder, problem: await runsProgramsIn(`${folder}/native`, environment.platform) };
    },
    engines: once(async () => await reportEngines(named, effects)),
    gpus,
    inVulkan: async () => placesInVulkan(await gpus(), await askVulkanOnce(effects)),
    hasLibrary,
    distribution: async () => distributionWords((await files.readText('/etc/os-release')) ?? ''),
    service: once(async () => await reportService(named, (await config()).values, effects)),
    worker: once(asked.worker),
    offers: asked.offers,
    lockHolder: () => lockHolder(siblingsOf(path).lock, environment),
    conditions: async () => await readConditions((await config()).values, effects),
    presence: async () => presenceReport(await presence.read()),
    feed: async () => await feedReport(named, effects),
    keys: manifest.signingKeys.length,
  };
}

const presenceReport = (reading: PresenceReading): Awaited<ReturnType<DoctorDeps['presence']>> => ({
  known: presenceOf(reading) !== undefined,
  because: reading.is === 'unknown' ? reading.reasons.join('; ') : '',
});

/** An address without its password. */
const shown = (url: string | undefined): string | undefined => (url === undefined ? undefined : shownUrl(url));

/** Asks once, and gives the same answer to all who ask later. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}

/** A feed that cannot be read is a finding and no failure of the doctor. */
async function feedReport(named: string | undefined, effects: Effects): Promise<FeedReport> {
  try {
    const { latest, heldBack } = await (await openUpdates(named, effects)).check();
    return { latest, heldBack, problem: undefined };
  } catch (thrown) {
    return { latest: undefined, heldBack: undefined, problem: errorChain(thrown) };
  }
}
