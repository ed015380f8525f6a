import type { StudioEffects } from '../../../src/local-studio/serve.ts';
import { nextTurn, systemClock } from '../../../src/system/clock.ts';
import { openPostgres } from '../../../src/system/database/postgres.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { hmacSha256, sha256, startSha256 } from '../../../src/system/disk/digest.ts';
import { createGuardedPost } from '../../../src/system/net/remote/guarded-post.ts';
import { openBucket } from '../../../src/system/net/objects/object-store.ts';
import { processUsage } from '../../../src/system/process/process-memory.ts';
import { serve } from '../../../src/system/net/server.ts';
import { systemRandom } from '../../../src/system/random.ts';

/** The real ones, as `compose` hands them to a studio. */
export const studioEffects: StudioEffects = {
  clock: systemClock,
  random: systemRandom,
  sha256,
  startSha256,
  nextTurn,
  openDataFolder,
  openPostgres,
  openBucket,
  serve,
  hmacSha256,
  processUsage,
  openGuardedPost: (allowPrivate) =>
    createGuardedPost({
      clock: systemClock,
      env: () => undefined,
      userAgent: 'studio-worker/test',
      allowPrivate,
      remedy: 'Allow it.',
    }),
};
