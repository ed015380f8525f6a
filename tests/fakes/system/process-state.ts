import { existsSync, readFileSync } from 'node:fs';

/** A process that is gone, or that only its parent's wait is missing. */
export function isGone(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return !existsSync(`/proc/${pid}`);
  }
}
