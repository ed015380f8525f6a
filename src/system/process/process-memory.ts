import { readFile } from 'node:fs/promises';
import { KIB } from '../../base/units.ts';

/** What a process of this machine has in memory, in bytes; undefined where the system does not report it, or the process is gone. */
export async function processMemory(pid: number): Promise<number | undefined> {
  try {
    // proc(5): VmRSS, in KiB. Other systems have no such file, and asking them would start a program.
    const [, kib] = /^VmRSS:\s+(\d+) kB/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) * KIB;
  } catch {
    return undefined;
  }
}
