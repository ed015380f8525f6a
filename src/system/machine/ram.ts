import { freemem, totalmem } from 'node:os';
import { parseMemInfo } from './gpu-text.ts';
import { textOf } from './sources.ts';

/** The memory of the machine at one moment, in bytes. */
export interface RamReport {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** What one more program could take before the system or our container runs out; undefined where nobody tells. */
  readonly availableBytes?: number | undefined;
}

/** Reads it anew. `root` is put before `/proc` and `/sys`. */
export function ramOf(root: string): RamReport {
  const inProc = parseMemInfo(textOf(`${root}/proc/meminfo`) ?? '');
  if (inProc === undefined) return { totalBytes: totalmem(), freeBytes: freemem() };
  const limit = leftInGroup(root);
  return { ...inProc, availableBytes: Math.min(inProc.freeBytes, limit ?? inProc.freeBytes) };
}

/** What the control group that we run in may still take (cgroup v2: `memory.max` less `anon` of `memory.stat`). */
function leftInGroup(root: string): number | undefined {
  const path = /^0::(.*)$/m.exec(textOf(`${root}/proc/self/cgroup`) ?? '')?.[1];
  if (path === undefined) return undefined;
  const folder = `${root}/sys/fs/cgroup${path === '/' ? '' : path}`;
  const max = /^\d+$/.exec((textOf(`${folder}/memory.max`) ?? '').trim())?.[0];
  const anon = /^anon (\d+)$/m.exec(textOf(`${folder}/memory.stat`) ?? '')?.[1];
  return max === undefined || anon === undefined ? undefined : Math.max(0, Number(max) - Number(anon));
}
