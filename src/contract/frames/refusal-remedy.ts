import { CLOSE } from './close-codes.ts';

/** What the operator can do once the studio has refused the session with this close code (studio contract: 4001, 4003). */
export function remedyFor(closeCode: number): string {
  if (closeCode === CLOSE.duplicateWorker) {
    return 'Stop the other worker that uses this registration, then start this one again. On two machines, run `studio-worker register --reset` on one.';
  }
  return 'Run `studio-worker register --reset`, start the worker again, and approve it in the studio.';
}
