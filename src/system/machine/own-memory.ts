import { readFileSync } from 'node:fs';

/** CPU time that this process has taken so far, all its threads together. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * Hands back what a burst of work, or the start, left behind: garbage, and on Linux also the pages of the executable that were
 * read for it. Those stay in the system's cache, and each comes back with its next use, in a microsecond or so; of an idle
 * worker's memory they are the half. Blocks for some ten milliseconds.
 */
export async function returnMemory(): Promise<void> {
  Bun.shrink(); // at the next idle moment, and with it goes what was compiled for the burst
  await new Promise<void>((resolve) => setTimeout(resolve, IDLE_MS));
  Bun.gc(true);
  if (process.platform === 'linux') await forgetProgramText().catch(() => {}); // no such interface: the pages stay
}

/** Some idle moments. */
const IDLE_MS = 100;

/** MADV_DONTNEED of madvise(2): pages of a file that nobody wrote to are read from the file again. */
const DONT_NEED = 4;

async function forgetProgramText(): Promise<void> {
  const ranges = cleanTextIn(readFileSync('/proc/self/smaps', 'utf8'), process.execPath);
  if (ranges.length === 0) return;
  const { dlopen } = await import('bun:ffi');
  const symbols = { madvise: { args: ['u64', 'u64', 'i32'], returns: 'i32' } } as const;
  const libc = dlopen(
    `libc.${isMusl() ? `musl-${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}.so.1` : 'so.6'}`,
    symbols,
  );
  for (const { from, to } of ranges) libc.symbols.madvise(from, to - from, DONT_NEED);
}

const isMusl = (): boolean => !readFileSync('/proc/self/maps', 'utf8').includes('/libc.so.6');

/** A part of the address space. */
export interface Range {
  readonly from: bigint;
  readonly to: bigint;
}

/**
 * Where the code of a program is mapped, as `/proc/<pid>/smaps` has it (proc(5)); without parts of it that somebody wrote to,
 * such as a debugger, since those are nowhere else.
 */
export function cleanTextIn(smaps: string, program: string): readonly Range[] {
  const found: Range[] = [];
  for (const entry of smaps.split(/^(?=[\da-f]+-[\da-f]+ )/m)) {
    const [, from, to, path] = /^([\da-f]+)-([\da-f]+) r-xp \S+ \S+ \d+\s+(.+)$/m.exec(entry) ?? [];
    const written = /^Anonymous:\s+(\d+) kB$/m.exec(entry)?.[1];
    if (from === undefined || to === undefined || path?.replace(/ \(deleted\)$/, '') !== program || written !== '0')
      continue;
    found.push({ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`) });
  }
  return found;
}
