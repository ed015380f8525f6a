import { errorChain, WorkerError } from '../../../base/errors.ts';
import { MINUTE_MS } from '../../../base/units.ts';
import type { Clock } from '../../../system/clock.ts';
import type { HasLibrary } from '../../../system/native/shared-library.ts';
import type { LoadOptions } from '../../load-options.ts';
import {
  createSdCliFinder,
  type FindSdCli,
  ownPath,
  type SdCli,
  type SdCliFinderOptions,
  SD_CLI_VARIABLE,
} from './find-sd-cli.ts';
import { archiveFor, markerPath, provision, type ProvisionOptions, whyNotFetched } from './provision.ts';
import { PINNED_RELEASE } from './release.ts';
import { vulkanProblem } from './vulkan.ts';

export interface SdCliSupplyOptions extends Omit<SdCliFinderOptions, 'ownMarker'>, ProvisionOptions {
  readonly environment: SdCliFinderOptions['environment'] & ProvisionOptions['environment'];
  readonly files: SdCliFinderOptions['files'] & ProvisionOptions['files'];
  readonly hasLibrary: HasLibrary;
  readonly clock: Pick<Clock, 'elapsed'>;
}

/** Where jobs get their sd-cli from. */
export interface SdCliSupply {
  /**
   * One that can run here; fetched when there is none of the pinned release, unless only what is present may be used.
   *
   * @throws WorkerError `engine.unavailable` | `native.unavailable` | `download.failed` | …; the signal's reason
   */
  get(signal: AbortSignal, how: Pick<LoadOptions, 'mayFetch'>): Promise<SdCli>;
  /** What would keep `get` from giving one, as far as can be told without fetching. */
  missing(): Promise<WorkerError | undefined>;
}

/** A machine that cannot fetch it now has a job waiting, and another program to run it by. */
const FETCH_RETRY_MS = 10 * MINUTE_MS;

/**
 * A program of this machine where there is one, else the published archive. A failed download is retried by the next job
 * where there is no program at all, and after ten minutes where one of another release serves until then.
 */
export function createSdCliSupply(options: SdCliSupplyOptions): SdCliSupply {
  const { environment, hasLibrary } = options;
  const ownMarker = { path: markerPath(options.modelsRoot), text: archiveFor(options)?.url };
  const find = createSdCliFinder({ ...options, ownMarker });
  const replace = createReplacement(find, options);

  /** A program that the operator named may have been built for CUDA, or for the CPU. */
  const machineProblem = async (present: SdCli | undefined): Promise<WorkerError | undefined> =>
    present?.isNamed === true ? undefined : await vulkanProblem(environment.platform, hasLibrary);
  const mayFetch = whyNotFetched(options) === undefined;

  return {
    async get(signal, how) {
      const present = await find();
      if (present === undefined && !mayFetch) throw notInstalled(options);
      if (!how.mayFetch && present?.isPinned !== true && mayFetch) throw notPresent();
      const program = present?.isPinned === true ? present : await replace(present, signal);
      const problem = await machineProblem(program);
      if (problem !== undefined) throw problem;
      return program;
    },
    async missing() {
      const present = await find();
      return present === undefined && !mayFetch ? notInstalled(options) : await machineProblem(present);
    },
  };
}

/** Fetches the pinned release. A program that is present is better than none, whatever its release. */
function createReplacement(find: FindSdCli, options: SdCliSupplyOptions) {
  const { clock, log } = options;
  const warned = new Set<string>();
  let fetchFromMs = Number.NEGATIVE_INFINITY;
  return async (present: SdCli | undefined, signal: AbortSignal): Promise<SdCli> => {
    if (present !== undefined && clock.elapsed() < fetchFromMs) return present;
    try {
      if (whyNotFetched(options) === undefined) {
        log.info('sd-cli.fetching', { release: PINNED_RELEASE, url: archiveFor(options)?.url });
      }
      await provision(options, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      if (present === undefined) throw thrown;
      fetchFromMs = clock.elapsed() + FETCH_RETRY_MS;
      const because = errorChain(thrown);
      if (!warned.has(because))
        log.warn('sd-cli.other-release', { path: present.path, pinned: PINNED_RELEASE, because });
      warned.add(because);
      return present;
    }
    const installed = await find();
    if (installed === undefined) throw notInstalled(options);
    return installed;
  };
}

const notPresent = (): WorkerError =>
  new WorkerError(
    'engine.unavailable',
    `sd-cli of ${PINNED_RELEASE} is not installed, and is downloaded only for a job`,
  );

const notInstalled = (options: SdCliSupplyOptions): WorkerError =>
  new WorkerError('engine.unavailable', `sd-cli is not installed: ${whyNotFetched(options) ?? 'it has disappeared'}`, {
    hint:
      `Put sd-cli of stable-diffusion.cpp ${PINNED_RELEASE} and its libraries beside each other, at ` +
      `${ownPath(options.modelsRoot, options.environment.platform)} or on the PATH, or name it in ${SD_CLI_VARIABLE}.`,
  });
