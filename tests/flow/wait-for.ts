import { systemClock } from '../../src/system/clock.ts';

/** How long any wait of these tests may take before it fails: long enough for a busy machine with one core. */
export const PATIENCE_MS = 120_000;
/** For `setDefaultTimeout`: longer than the waits of a test, so that it is their words that are read. */
export const TEST_MS = 2 * PATIENCE_MS;
/** Facts that nobody announces, such as a file that is gone, are polled this often. */
const POLL_MS = 10;

/** Waits until a fact holds, or fails with what it waited for and what is known. */
export function waitFor(what: string, fact: () => boolean, seen: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const lastMs = systemClock.elapsed() + PATIENCE_MS;
    const poll = (): void => {
      if (fact()) resolve();
      else if (systemClock.elapsed() > lastMs) reject(new Error(`waited ${PATIENCE_MS} ms for ${what}; ${seen()}`));
      else systemClock.after(POLL_MS, poll);
    };
    poll();
  });
}
