import { toWorkerError, WorkerError } from '../../base/errors.ts';
import { pause } from '../../base/pause.ts';
import { formatBytes, MINUTE_MS, SECOND_MS } from '../../base/units.ts';
import type { Logger } from '../../log/logger.ts';
import type { Clock } from '../../system/clock.ts';
import type { HasLibrary } from '../../system/native/shared-library.ts';
import type { LoadOptions } from '../load-options.ts';
import type { Advice, GpuKind, Where } from '../readiness.ts';

/** What there is to know of native files for one kind of device, before they are here. */
export interface DevicePack {
  /** By which people ask for it. */
  readonly name: string;
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
  readonly packStore: {
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
   * Undefined where there is nothing but the CPU to choose from, and while the drivers have not answered yet. Fetches
   * nothing.
   */
  where(): Promise<Where | undefined>;
  /**
   * The folder of binaries for the device, fetched if need be; undefined for the CPU. A pack that cannot be had is
   * logged and costs no job: whether the CPU may take over is not decided here.
   *
   * @throws WorkerError `engine.unavailable` where only what is present may be used, and the best pack is not; the
   * signal's reason on abort
   */
  prepare(signal: AbortSignal, how: Pick<LoadOptions, 'mayFetch' | 'device'>): Promise<string | undefined>;
}

/** Nobody waits longer for a driver to answer what the engine will run on: what was known before counts meanwhile. */
const DRIVERS_ANSWER_WITHIN_MS = SECOND_MS;
/** A download that failed is not retried with each job. */
const RETRY_AFTER_MS = 10 * MINUTE_MS;

type Choice<Pack> = { readonly pack: Pack } | Extract<Where, { on: 'cpu' }>;

/** Devices by these packs. A download that fails is remembered, and retried with a job ten minutes later. */
export const createDevices = <Pack extends DevicePack>(options: DevicesOptions<Pack>): Devices =>
  new PackDevices(options);

class PackDevices<Pack extends DevicePack> implements Devices {
  readonly #options: DevicesOptions<Pack>;
  #latest: Where | undefined;
  /** By the names of packs: for a GPU of another vendor another one is fetched. */
  readonly #failed = new Map<string, Advice & { readonly at: number }>();

  constructor(options: DevicesOptions<Pack>) {
    this.#options = options;
  }

  async where(): Promise<Where | undefined> {
    const { builtIn, packs, clock } = this.#options;
    if (builtIn !== undefined) return { on: builtIn };
    if (packs.length === 0) return undefined;
    const timeout = new AbortController();
    await Promise.race([this.#refresh(), pause(clock, DRIVERS_ANSWER_WITHIN_MS, timeout.signal)]);
    timeout.abort();
    return this.#latest;
  }

  async prepare(
    signal: AbortSignal,
    { mayFetch, device }: Pick<LoadOptions, 'mayFetch' | 'device'>,
  ): Promise<string | undefined> {
    const { packs, packStore } = this.#options;
    if (packs.length === 0) return undefined;
    const choice = await this.#choose(device);
    if (!('pack' in choice)) return undefined;
    const { pack } = choice;
    if (!mayFetch && packStore.find(pack) === undefined) throw notPresent(pack);
    try {
      const folder = await packStore.pull(pack, signal);
      this.#failed.delete(pack.name);
      return folder;
    } catch (thrown) {
      signal.throwIfAborted();
      this.#noteFailure(pack, toWorkerError(thrown));
      return undefined;
    }
  }

  async #refresh(): Promise<void> {
    const choice = await this.#choose();
    this.#latest = 'pack' in choice ? { on: choice.pack.flavour } : choice;
  }

  /** For the GPU that a model has to stay on, else for all that there are. */
  async #choose(device?: LoadOptions['device']): Promise<Choice<Pack>> {
    const { packs, packStore, hasLibrary, gpus } = this.#options;
    const vendors = (device === undefined ? await gpus() : [device]).map(({ vendor }) => vendor);
    if (vendors.length === 0) return { on: 'cpu', whyNotGpu: undefined };
    const fitting = packs.filter(({ flavour }) => flavour !== 'cuda' || vendors.includes('nvidia'));
    const drivers = await Promise.all(fitting.map(({ needs }) => hasLibrary(needs.library, needs.function)));
    const usable = fitting.filter((_, at) => drivers[at]);
    const best = usable.find((pack) => packStore.find(pack) !== undefined || pack.sha256 !== '');
    if (best !== undefined) return this.#unlessFailed(best);
    return { on: 'cpu', whyNotGpu: usable.length === 0 ? noDriver(fitting) : noChecksum(usable) };
  }

  #unlessFailed(pack: Pack): Choice<Pack> {
    const { packStore, clock } = this.#options;
    const failed = this.#failed.get(pack.name);
    if (failed === undefined || packStore.find(pack) !== undefined) return { pack };
    if (clock.elapsed() - failed.at >= RETRY_AFTER_MS) return { pack };
    const { because, hint } = failed;
    return { on: 'cpu', whyNotGpu: { because, hint } };
  }

  #noteFailure({ name }: Pack, error: WorkerError): void {
    const { clock, log } = this.#options;
    const because = `the pack ${name} could not be fetched: ${error.message}`;
    const hint = error.hint ?? `Run \`studio-worker engines pull ${name}\` to see what is wrong.`;
    this.#failed.set(name, { because, hint, at: clock.elapsed() });
    log.warn('pack.not-fetched', { pack: name, code: error.code, error: error.message, hint });
  }
}

const noDriver = (packs: readonly DevicePack[]): Advice => ({
  because: `there is no ${packs.map(({ needs }) => needs.library).join(' and no ')}`,
  hint: 'Install the driver of the GPU; on Debian and Ubuntu also `sudo apt install libvulkan1 mesa-vulkan-drivers`.',
});

const noChecksum = (usable: readonly DevicePack[]): Advice => ({
  because: `this release has no checksum for its pack ${usable.map(({ name }) => name).join(' or ')}`,
  hint: 'Use a release whose `dist-manifest.json` names it.',
});

const notPresent = ({ name }: DevicePack): WorkerError =>
  new WorkerError('engine.unavailable', `the pack ${name} is not downloaded; only a job downloads it`, {
    hint: `Run \`studio-worker engines pull ${name}\` to download it ahead.`,
  });

/** What llama.cpp runs on without any pack: Apple's processors bring their GPU's library. */
export const builtInDevice = ({
  platform,
  arch,
}: {
  readonly platform: string;
  readonly arch: string;
}): GpuKind | undefined => (platform === 'darwin' && arch === 'arm64' ? 'metal' : undefined);

/** Whether a pack is here, in words for a person. */
export const packState = (pack: DevicePack, isHere: boolean): string =>
  isHere ? 'fetched' : pack.sha256 === '' ? 'not in this release' : `not fetched (${formatBytes(pack.sizeBytes)})`;
