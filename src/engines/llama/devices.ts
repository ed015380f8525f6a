import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { formatBytes, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { HasLibrary } from '../../system/native/shared-library.ts';
import type { LoadHow } from '../load-how.ts';
import type { Advice, GpuKind, Where } from '../readiness.ts';

/** What there is to know of native files for one kind of device, before they are here. */
export interface DevicePack {
  readonly flavour: GpuKind;
  /** Empty for one that this release does not know. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The driver's library, and a function it has. */
  readonly needs: { readonly library: string; readonly function: string };
}

export interface DevicesOptions<Pack extends DevicePack> {
  /** Of this system, best first; empty where llama.cpp runs on what the executable carries. */
  readonly packs: readonly Pack[];
  readonly shelf: {
    find(pack: Pack): string | undefined;
    pull(pack: Pack, signal: AbortSignal): Promise<string>;
  };
  /** The device whose library the executable carries, if there is one beside the CPU. */
  readonly builtIn: GpuKind | undefined;
  readonly hasLibrary: HasLibrary;
  /** This machine's GPUs. */
  readonly gpus: () => Promise<readonly { readonly vendor: string; readonly name: string }[]>;
  readonly clock: Pick<Clock, 'elapsed' | 'after'>;
  readonly log: Logger;
}

/** Chooses what llama.cpp runs on, by what is in the machine and what its drivers brought. */
export interface Devices {
  /**
   * Undefined where there is nothing but the CPU to choose from, and while the drivers have not said yet. Fetches
   * nothing.
   */
  where(): Promise<Where | undefined>;
  /**
   * The folder of binaries for the device, fetched if need be; undefined for the CPU. A pack that cannot be had is
   * said and costs no job: whether the CPU may take over is not decided here.
   *
   * @throws WorkerError `engine.unavailable` where only what is present may be used, and the best pack is not; the
   * signal's reason on abort
   */
  prepare(signal: AbortSignal, how: Pick<LoadHow, 'mayFetch'>): Promise<string | undefined>;
}

/** Nobody waits longer for a driver to say what the engine will run on: what was known before counts meanwhile. */
const DRIVERS_ANSWER_WITHIN_MS = SECOND_MS;
/** A download that failed is not retried with each job. */
const TRY_AGAIN_MS = 10 * MINUTE_MS;

type Choice<Pack> = { readonly pack: Pack } | Extract<Where, { on: 'cpu' }>;

/** Devices by these packs. A download that fails is remembered, and retried with a job ten minutes later. */
export function createDevices<Pack extends DevicePack>(options: DevicesOptions<Pack>): Devices {
  const { packs, shelf, builtIn, hasLibrary, gpus, clock, log } = options;
  let latest: Where | undefined;
  let failed: { readonly because: string; readonly hint: string; readonly at: number } | undefined;

  async function choose(): Promise<Choice<Pack>> {
    const vendors = (await gpus()).map(({ vendor }) => vendor);
    if (vendors.length === 0) return { on: 'cpu', whyNotGpu: undefined };
    const wanted = packs.filter(({ flavour }) => flavour !== 'cuda' || vendors.includes('nvidia'));
    const drivers = await Promise.all(wanted.map(({ needs }) => hasLibrary(needs.library, needs.function)));
    const usable = wanted.filter((_, at) => drivers[at]);
    const best = usable.find((pack) => shelf.find(pack) !== undefined || pack.sha256 !== '');
    if (best !== undefined) return retrying(best);
    return { on: 'cpu', whyNotGpu: usable.length === 0 ? noDriver(wanted) : noChecksum(usable) };
  }

  async function look(): Promise<void> {
    const choice = await choose();
    latest = 'pack' in choice ? { on: choice.pack.flavour } : choice;
  }

  function retrying(pack: Pack): Choice<Pack> {
    const { because, hint, at } = failed ?? { because: '', hint: '', at: Number.NEGATIVE_INFINITY };
    if (shelf.find(pack) !== undefined || clock.elapsed() - at >= TRY_AGAIN_MS) return { pack };
    return { on: 'cpu', whyNotGpu: { because, hint } };
  }

  return {
    async where() {
      if (builtIn !== undefined) return { on: builtIn };
      if (packs.length === 0) return undefined;
      const patience = new AbortController();
      await Promise.race([look(), pause(clock, DRIVERS_ANSWER_WITHIN_MS, patience.signal)]);
      patience.abort();
      return latest;
    },
    async prepare(signal, how) {
      if (packs.length === 0) return undefined;
      const choice = await choose();
      if (!('pack' in choice)) return undefined;
      const { pack } = choice;
      if (!how.mayFetch && shelf.find(pack) === undefined) throw notPresent(pack);
      try {
        const folder = await shelf.pull(pack, signal);
        failed = undefined;
        return folder;
      } catch (thrown) {
        signal.throwIfAborted();
        const error = toWorkerError(thrown);
        const because = `the pack ${pack.flavour} could not be fetched: ${error.message}`;
        const hint = error.hint ?? `Run \`studio-worker engines pull ${pack.flavour}\` to see what is wrong.`;
        failed = { because, hint, at: clock.elapsed() };
        log.warn('pack.not-fetched', { pack: pack.flavour, code: error.code, error: error.message, hint });
        return undefined;
      }
    },
  };
}

const noDriver = (wanted: readonly DevicePack[]): Advice => ({
  because: `there is no ${wanted.map(({ needs }) => needs.library).join(' and no ')}`,
  hint: 'Install the driver of the GPU; on Debian and Ubuntu also `sudo apt install libvulkan1 mesa-vulkan-drivers`.',
});

const noChecksum = (usable: readonly DevicePack[]): Advice => ({
  because: `this release has no checksum for its pack ${usable.map(({ flavour }) => flavour).join(' or ')}`,
  hint: 'Use a release whose `dist-manifest.json` names it.',
});

const notPresent = ({ flavour }: DevicePack): WorkerError =>
  new WorkerError('engine.unavailable', `the pack ${flavour} is not downloaded; only a job downloads it`, {
    hint: `Run \`studio-worker engines pull ${flavour}\` to download it ahead.`,
  });

/** Whether a pack is here, as a person would be told. */
export const packState = (pack: DevicePack, isHere: boolean): string =>
  isHere ? 'fetched' : pack.sha256 === '' ? 'not in this release' : `not fetched (${formatBytes(pack.sizeBytes)})`;
