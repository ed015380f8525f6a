import { afterUnreferenced } from '../../system/clock.ts';
import { returnMemory } from '../../system/machine/own-memory.ts';
import { readEnvironment } from '../../system/environment.ts';
import type { Images } from '../../system/native/images.ts';
import { createImagesInChild, serveImages } from '../../system/native/images-in-child.ts';
import { createNativeCache } from '../../system/native/native-cache.ts';
import { payloads } from '../../system/native/payloads.ts';
import { createMemoryCeiling } from '../../system/process/memory-ceiling.ts';
import type { MemoryScopes } from '../../system/process/memory-scope.ts';
import { treeMemory } from '../../system/process/process-memory.ts';
import { rememberingWritten } from '../../system/native/written-images.ts';
import { bindToParent, connectParent } from '../../system/process/parent.ts';
import {
  childEnvironment,
  processVariables,
  ownCommand,
  spawnIpcWithoutOutput,
} from '../../system/process/processes.ts';
import { startedByHand } from './started-by-hand.ts';

/**
 * Several times what an image of the most pixels takes that are read, decoded and stretched, or a film of the most
 * frames that are written: what needs more is an image made to take memory.
 */
const MAX_MEMORY_GIB = 4;
/** Asking the kernel for it takes longer than the work. */
const NO_SCOPES: MemoryScopes = { put: () => Promise.resolve(false), change: () => Promise.resolve() };

/** Images in a process that is this program once more, held to a ceiling on memory where the system reports it. */
export const openImages = (program: readonly string[] = ownCommand()): Images =>
  rememberingWritten(
    createImagesInChild({
      spawn: createMemoryCeiling({
        limitGib: () => MAX_MEMORY_GIB,
        sizeOf: treeMemory,
        scopes: NO_SCOPES,
        clock: { after: afterUnreferenced },
        onHeld: () => {}, // where nobody can hold it, the limit on pixels is what there is
      }).talking(spawnIpcWithoutOutput),
      command: [...program, '__images'],
      env: childEnvironment(processVariables()),
      after: afterUnreferenced,
      onIdle: () => void returnMemory(),
    }),
  );

/**
 * This program as the process that reads and writes images. Ends with the worker that started it.
 *
 * @throws WorkerError `cli.usage` when somebody else started it
 */
export async function runImagesChild(): Promise<number> {
  // Before the parent is listened to, or its first words are missed; the worker itself has no use for it.
  const { createImageWork } = await import('../../system/native/sharp-images.ts');
  const parent = connectParent();
  if (parent === undefined) {
    throw startedByHand('__images', 'Run `studio-worker run`, which reads and writes images by itself.');
  }
  await bindToParent(0);
  await serveImages(
    parent,
    createImageWork({ native: createNativeCache({ environment: readEnvironment(), payloads }) }),
  );
  return 0;
}
