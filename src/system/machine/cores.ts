import { availableParallelism } from 'node:os';
import { namesIn, textOf } from './sources.ts';

export interface CoresOptions {
  /** Put before `/sys`, so that tests can bring their own. */
  readonly root?: string;
  /** Processors this process may run on; the system's word unless told otherwise. */
  readonly usable?: number;
}

/**
 * How many cores this process may keep busy. Two threads of one core slow each other at arithmetic, so where the kernel
 * says which share one (Linux, sysfs `cputopology`) they count once; elsewhere each counts.
 */
export function usableCores({ root = '', usable = availableParallelism() }: CoresOptions = {}): number {
  const processors = `${root}/sys/devices/system/cpu`;
  const siblings = namesIn(processors)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => textOf(`${processors}/${name}/topology/thread_siblings_list`)?.trim())
    .filter((list) => list !== undefined);
  const cores = new Set(siblings).size;
  return Math.max(1, cores === 0 ? usable : Math.min(cores, usable));
}
