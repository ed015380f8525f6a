import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { chatText, contentFor, replyTo } from '../../src/engines/synthetic/llm.ts';
import { sha256 } from '../../src/system/disk/digest.ts';
import { writeSafely } from './disk.ts';
import { SCRATCH } from './programs.ts';
import { median } from './statistics.ts';
import { PROMPT } from './wire.ts';

/* The parts of a job that are not the way through the worker, each timed by itself in the bench's own process. */

const DISK_TRIES = 100;
const ENGINE_TRIES = 1_000;

/** What the disk takes for a result to be safe. */
export function diskMs(sizeBytes: number): number {
  const path = join(SCRATCH, 'disk');
  const bytes = new Uint8Array(sizeBytes);
  const tookMs = medianOf(DISK_TRIES, () => writeSafely(path, bytes));
  rmSync(path);
  return tookMs;
}

/** What the synthetic engine takes for the chat of a JSON job. The engine of the 1 MiB job has its bytes ready. */
export function engineMs(): number {
  const text = chatText({ messages: [{ role: 'user', content: PROMPT }] });
  return medianOf(ENGINE_TRIES, () => void replyTo(text, contentFor(sha256(text), [])));
}

function medianOf(times: number, work: () => void): number {
  const took = Array.from({ length: times }, () => {
    const since = performance.now();
    work();
    return performance.now() - since;
  });
  return median(took);
}
