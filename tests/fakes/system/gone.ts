import { existsSync, readFileSync } from 'node:fs';
import { waitFor } from '../../flow/wait-for.ts';

/** A process that is gone, or that only its parent's wait is missing. */
export function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return !existsSync(`/proc/${pid}`);
  }
}

/** Waits until it is. */
export const goneSoon = (pid: number): Promise<void> =>
  waitFor(
    `process ${pid} to be gone`,
    () => isGone(pid),
    () => 'it lives',
  );
