import { readdir, readFile } from 'node:fs/promises';
import { KIB } from '../../base/units.ts';

/** What a process of this machine has in memory, in bytes; undefined where the system does not report it, or the process is gone. */
export async function processMemory(pid: number): Promise<number | undefined> {
  return kibOf(await statusOf(pid), 'VmRSS');
}

/**
 * What a process and all that it started hold of RAM and swap, in bytes; undefined as in `processMemory`. Pages of files
 * do not count: the system takes those back from a mapped model whenever it needs them.
 */
export async function treeMemory(pid: number): Promise<number | undefined> {
  const status = await statusOf(pid);
  const anonymous = kibOf(status, 'RssAnon');
  if (anonymous === undefined) return undefined;
  const own = anonymous + (kibOf(status, 'RssShmem') ?? 0) + (kibOf(status, 'VmSwap') ?? 0);
  const children = await Promise.all((await childrenOf(pid)).map(treeMemory));
  return children.reduce<number>((sum, bytes) => sum + (bytes ?? 0), own);
}

/** proc(5); empty for a process that is gone. Other systems have no such file, and asking them would start a program. */
const statusOf = (pid: number): Promise<string> => readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');

function kibOf(status: string, field: string): number | undefined {
  const [, kib] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status) ?? [];
  return kib === undefined ? undefined : Number(kib) * KIB;
}

/** Each thread has children of its own (proc(5): `task/<tid>/children`); one that ended meanwhile has none. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, 'utf8').catch(() => ''));
  return (await Promise.all(lists)).flatMap((list) => list.split(' ').filter(Boolean).map(Number));
}

/** What this process takes of the machine. */
export interface ProcessUsage {
  readonly residentBytes: number;
  /** Time on any core since the start, in seconds. */
  readonly cpuSeconds: number;
}

/** Of the process that asks. */
export function processUsage(): ProcessUsage {
  const { user, system } = process.cpuUsage(); // microseconds
  return { residentBytes: process.memoryUsage.rss(), cpuSeconds: (user + system) / 1e6 };
}
