import { WorkerError } from '../../../base/errors.ts';
import type { HasLibrary } from '../../../system/native/shared-library.ts';

/** The loader of Vulkan, by system. Builds for macOS use Metal. */
const LOADERS: Readonly<Record<string, { readonly library: string; readonly remedy: string }>> = {
  linux: {
    library: 'libvulkan.so.1',
    remedy: 'Install it (Debian and Ubuntu: `sudo apt install libvulkan1 mesa-vulkan-drivers`) and the GPU driver.',
  },
  win32: { library: 'vulkan-1.dll', remedy: 'Install the current driver of the GPU, which brings it.' },
};

/** Why sd-cli cannot reach the GPU here; undefined when it can. Without this check sd-cli ends as if it had crashed. */
export async function vulkanProblem(platform: string, hasLibrary: HasLibrary): Promise<WorkerError | undefined> {
  const loader = LOADERS[platform];
  if (loader === undefined || (await hasLibrary(loader.library, 'vkGetInstanceProcAddr'))) return undefined;
  return new WorkerError(
    'native.unavailable',
    `Vulkan runtime not available: the loader \`${loader.library}\` could not be loaded, ` +
      'so stable-diffusion.cpp cannot run on the GPU.',
    { hint: loader.remedy },
  );
}
