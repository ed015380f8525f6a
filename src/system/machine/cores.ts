import { availableParallelism } from 'node:os';
import { namesIn, textOf } from './sources.ts';

export interface CoresOptions {
  /** Put before `/sys`, so that tests can bring their own. */
  readonly root?: string;
  /** Logical CPUs this process may run on; the system's answer when left out. */
  readonly usable?: number;
}

/**
 * How many cores this process may keep busy. Two threads of one core slow each other at arithmetic, so where the kernel
 * reports which share one (Linux, sysfs `cputopology`) they count once; elsewhere each counts.
 */
export function usableCores({ root = '', usable = availableParallelism() }: CoresOptions = {}): number {
  const folder = `${root}/sys/devices/system/cpu`;
  const siblings = namesIn(folder)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => textOf(`${folder}/${name}/topology/thread_siblings_list`)?.trim())
    .filter((list) => list !== undefined);
  const cores = new Set(siblings).size;
  return Math.max(1, cores === 0 ? usable : Math.min(cores, usable));
}
