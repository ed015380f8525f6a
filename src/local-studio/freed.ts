import { offerFreed } from './sessions/offering.ts';
import { logFailure, type StudioState } from './sessions/state.ts';

/** So long a place is left to the worker whose job has ended, which asks at once; what ends meanwhile is one round. */
const SETTLE_MS = 50;

/**
 * Has other workers use the places that jobs leave in projects which limit how many run: those of this studio first, then
 * those of the others on its database. Nobody else would ask before its next heartbeat. Returns what ends it.
 */
export function watchFreed(studio: StudioState): () => void {
  const freed = new Set<string>();
  let disarm: (() => void) | undefined;
  let isUnderway = false;
  const soon = (): void => {
    if (isUnderway || studio.stopped || freed.size === 0) return;
    disarm ??= studio.clock.after(SETTLE_MS, () => {
      disarm = undefined;
      isUnderway = true;
      const round = offerAllFreed(studio, freed).finally(() => {
        isUnderway = false;
        soon();
      });
      logFailure(studio, round);
    });
  };
  const unsubscribe = studio.store.projects.onFreed((project) => {
    freed.add(project);
    soon();
  });
  return () => {
    unsubscribe();
    disarm?.();
  };
}

async function offerAllFreed(studio: StudioState, freed: Set<string>): Promise<void> {
  const projects = [...freed];
  freed.clear();
  for (const project of projects) {
    if (await offerFreed(studio, project)) studio.bus.publish({ is: 'freed', project });
  }
}
