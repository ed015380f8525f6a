import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Versions of ggml whose libraries have the same operations in the same order, the same types of tensors and the same
 * structures, so that one can compute what another has laid out. A test compares them by their own tables.
 */
const SAME_LAYOUT: ReadonlySet<string> = new Set(['0.22.0', '0.23.0']);

/** Gives an addon with ggml in it the kernels that fit this CPU. See `useFastestKernels`. */
export type UseFastestKernels = (addon: string, folder: string) => Promise<boolean>;

/**
 * Puts the fastest of a folder's builds of ggml's kernels in place of those of an addon, for all that it loads from now on in
 * this process. An addon for any x64 CPU computes without one AVX instruction; the folder has a build for each generation of
 * CPUs, and ggml itself chooses the best that runs here. False when nothing was changed: on other systems, where the folder
 * has no such builds, or where the versions do not fit.
 */
export const useFastestKernels: UseFastestKernels = async (addon, folder) => {
  const base = join(folder, 'libggml-base.so');
  if (process.platform !== 'linux' || process.arch !== 'x64' || !existsSync(base)) return false;
  try {
    const { dlopen, FFIType } = await import('bun:ffi'); // costs time at start, which most commands need not pay
    const version = { ggml_version: { args: [], returns: FFIType.cstring } } as const;
    const other = dlopen(base, version).symbols;
    const own = dlopen(addon, {
      ...version,
      ggml_backend_reg_count: { args: [], returns: FFIType.u64 },
      ggml_backend_reg_get: { args: [FFIType.u64], returns: FFIType.ptr },
      ggml_backend_load_all_from_path: { args: [FFIType.cstring], returns: FFIType.void },
      ggml_backend_unload: { args: [FFIType.ptr], returns: FFIType.void },
    }).symbols;
    if (![own, other].every((library) => SAME_LAYOUT.has(String(library.ggml_version())))) return false;
    const builtIn = own.ggml_backend_reg_get(0n);
    own.ggml_backend_load_all_from_path(Buffer.from(`${folder}\0`));
    if (own.ggml_backend_reg_count() !== 2n) return false;
    own.ggml_backend_unload(builtIn); // what is registered first is what computes
    return true;
  } catch {
    return false; // an addon without these functions, or a system without a library that they need
  }
};
