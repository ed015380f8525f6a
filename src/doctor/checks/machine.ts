import { gpuNames } from '../../base/gpu-device.ts';
import { formatDiskSpace, GB, GIB } from '../../base/units.ts';
import { siblingsOf } from '../../config/paths.ts';
import type { DoctorDeps } from '../deps.ts';
import { type Check, failed, type Finding, ok, skipped, warning } from '../finding.ts';

/** This machine: its disks, its engines and what they run on. */
export const MACHINE_CHECKS: readonly Check[] = [
  {
    id: 'disk.models',
    title: 'there is disk space for models',
    page: [
      'A download keeps `disk_floor_gb` free. With less than that free, no job runs whose model is not on this disk.',
      '`studio-worker models gc --max-gb <n>` removes the least recently used models; `models_max_gb` does so by itself; `models_root` moves them to another disk.',
    ],
    async run({ config, freeBytes }) {
      const { values } = await config();
      const freeGb = (await freeBytes(values.models_root)) / GB;
      const text = `${freeGb.toFixed(1)} GB free at ${values.models_root}`;
      if (freeGb >= values.disk_floor_gb) return ok(text);
      return failed(
        `${text}, of which ${values.disk_floor_gb} GB stay free`,
        'Free some space, run `studio-worker models gc --max-gb <n>`, or set `models_root` to another disk.',
      );
    },
  },
  {
    id: 'disk.outbox',
    title: 'there is disk space for results that wait for the studio',
    page: [
      'A finished result is on disk until the studio has it. While the folder is full, offers are rejected rather than results lost.',
      'A folder that fills up means that results do not get through: see the checks of the studio. `outbox_max_gb` is its limit.',
    ],
    async run({ config, sizeOf, freeBytes }) {
      const { path, values } = await config();
      const folder = siblingsOf(path).outbox;
      const usedBytes = await sizeOf(folder);
      const leftBytes = Math.min(values.outbox_max_gb * GB - usedBytes, await freeBytes(path));
      const text = `${formatDiskSpace(usedBytes)} used, ${formatDiskSpace(Math.max(0, leftBytes))} free at ${folder}`;
      // One video may take this much.
      if (leftBytes < GB / 10) return failed(text, 'Free some disk space, or raise `outbox_max_gb`.');
      return usedBytes > (values.outbox_max_gb * GB) / 2
        ? warning(text, 'Find out why results do not reach the studio: see the checks of the studio above.')
        : ok(text);
    },
  },
  {
    id: 'native.cache',
    title: 'native files can be unpacked and loaded',
    page: [
      'Engines travel inside the executable and are unpacked once, into the cache folder of the account. It has to be writable, and on a file system that may run programs.',
      'Where it is not, set STUDIO_WORKER_CACHE_DIR to a folder where this account may write files and run programs; `noexec` in the output of `mount` names the file systems on which it may not.',
    ],
    async run({ nativeCache }) {
      const { folder, problem } = await nativeCache();
      if (problem === undefined) return ok(folder);
      return failed(
        `${folder}: ${problem}`,
        'Set STUDIO_WORKER_CACHE_DIR to a folder where this account may write files and run programs.',
      );
    },
  },
  {
    id: 'engines.ready',
    title: 'engines are ready',
    page: [
      'Each engine runs one family of models. One that is not ready is not advertised, and the studio offers it nothing.',
      '`studio-worker engines` shows each with what it lacks. An engine for an app of yours (`gradio`) is ready once the config names the app. Kinds that are switched off in `[kinds]` are not looked at here.',
    ],
    run: engines,
  },
  {
    id: 'gpu.runtime',
    title: 'the GPU can be used',
    page: [
      'Chat models use CUDA or Vulkan by a pack that is downloaded, images and video use Vulkan. Both need the driver of the GPU and, on Linux, the Vulkan loader, a separate package.',
      'Without them engines run on the CPU, many times slower, or their jobs are rejected where `allow_cpu` is off. In a container, start it with the GPU: `--gpus all` with the NVIDIA container toolkit, `--device /dev/dri` otherwise.',
    ],
    run: gpuRuntime,
  },
  {
    id: 'gpu.threshold',
    title: 'the studio is told what this GPU can take',
    page: [
      '`vram_threshold_gb` is the largest estimate of a job that the studio may offer. Above the memory of the GPU, jobs would be offered that cannot run; far below, good jobs go elsewhere.',
      '`studio-worker set-threshold <GiB>` changes it in a running worker, too.',
    ],
    async run({ config, gpus }) {
      const [{ values }, { gpus: found }] = [await config(), await gpus()];
      const totalGib = Math.max(0, ...found.map(({ totalBytes }) => totalBytes)) / GIB;
      const threshold = values.vram_threshold_gb;
      // Without a size there is nothing to compare with, and a guess would send good jobs elsewhere.
      if (totalGib === 0) return skipped('the size of the GPU is not known');
      if (threshold > totalGib) {
        return warning(
          `it is ${threshold} GiB, and the largest GPU has ${totalGib.toFixed(1)}`,
          `Run \`studio-worker set-threshold ${Math.floor(totalGib)}\`.`,
        );
      }
      return ok(`${threshold} of ${totalGib.toFixed(1)} GiB`);
    },
  },
];

async function engines({ engines: reports }: DoctorDeps): Promise<Finding> {
  const all = await reports();
  // `synthetic` is always ready and `gradio` is an app of the operator's: neither says anything of this machine.
  const real = all.filter(({ engine }) => engine !== 'synthetic' && engine !== 'gradio');
  const missing = real.filter(({ ready }) => !ready);
  const names = (some: typeof all): string => some.map(({ engine }) => engine).join(', ');
  if (missing.length === real.length) {
    return failed(
      `no engine is ready: ${missing[0]?.because ?? ''}`,
      missing[0]?.hint ?? 'Run `studio-worker engines`.',
    );
  }
  if (missing.length > 0) {
    return warning(
      `${names(missing)}: ${missing[0]?.because ?? ''}`,
      missing[0]?.hint ?? 'Run `studio-worker engines`.',
    );
  }
  const slow = real.find(({ onCpu }) => onCpu !== undefined);
  if (slow?.onCpu !== undefined)
    return warning(`${slow.engine} runs on the CPU: ${slow.onCpu.because}`, slow.onCpu.hint);
  return ok(names(real));
}

/** The package of the Vulkan loader, by distribution and those that are like it. */
const VULKAN_PACKAGES: readonly (readonly [like: RegExp, command: string])[] = [
  [/^(debian|ubuntu)$/, 'sudo apt install libvulkan1 mesa-vulkan-drivers'],
  [/^(fedora|rhel|centos)$/, 'sudo dnf install vulkan-loader mesa-vulkan-drivers'],
  [/^(arch|manjaro)$/, 'sudo pacman -S vulkan-icd-loader'],
  [/^(suse|opensuse.*)$/, 'sudo zypper install libvulkan1'],
  [/^alpine$/, 'sudo apk add vulkan-loader'],
  [/^gentoo$/, 'sudo emerge media-libs/vulkan-loader'],
];

async function gpuRuntime({ platform, gpus, hasLibrary, distribution }: DoctorDeps): Promise<Finding> {
  const { gpus: found, reasons } = await gpus();
  if (found.length === 0) return skipped(`there is no GPU: ${reasons.join('; ')}`);
  const names = gpuNames(found).join(', ');
  if (platform === 'darwin') return ok(`${names}, by Metal`);
  const isNvidia = found.some(({ vendor }) => vendor === 'nvidia');
  const [cuda, vulkan] = platform === 'win32' ? ['nvcuda.dll', 'vulkan-1.dll'] : ['libcuda.so.1', 'libvulkan.so.1'];
  if (isNvidia && !(await hasLibrary(cuda, 'cuInit'))) {
    return failed(
      `${names}: ${cuda} cannot be loaded`,
      'Install the NVIDIA driver, or start the container with `--gpus all`.',
    );
  }
  if (await hasLibrary(vulkan, 'vkGetInstanceProcAddr')) return ok(names);
  const words = await distribution();
  const command = VULKAN_PACKAGES.find(([like]) => words.some((word) => like.test(word)))?.[1];
  return warning(
    `${names}: the Vulkan loader, ${vulkan}, cannot be loaded`,
    command === undefined ? 'Install the Vulkan loader and the GPU driver.' : `Run \`${command}\`.`,
  );
}
