import { expect, test } from 'bun:test';
import { createPostgresBus } from '../../../src/local-studio/replicas/postgres-bus.ts';
import { rulesOf } from '../../../src/local-studio/serve.ts';
import { openStudioData } from '../../../src/local-studio/storage/studio-data.ts';
import { createStudio } from '../../../src/local-studio/studio.ts';
import { bringTo } from '../../contract/store/stored-jobs.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { studioEffects } from '../../fakes/studio/studio-effects.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

test('a studio that cannot reach the others as it opens leaves no timer behind', async () => {
  const clock = new FakeClock();
  const log = recordingLogger();
  await using undo = new AsyncDisposableStack();
  const folder = undo.use(await tempFolder());
  const data = await openStudioData({ dataDir: folder.path }, studioEffects, log);
  undo.defer(() => data.store.close());
  await bringTo(data.store.jobs, 'left-running', 'running');
  const nobodyThere = 'postgres://127.0.0.1:1/studio';
  const sql = studioEffects.openPostgres({ url: nobodyThere, maxConnections: 1, clock: studioEffects.clock });
  undo.defer(() => sql.close());
  const opening = createStudio({
    ...data,
    ...rulesOf({ ...studioEffects, clock }),
    bus: createPostgresBus(sql, 'this-one', log),
    log,
    poster: studioEffects.openGuardedPost(true),
    sparesLoopback: true,
    hostNames: [],
    objectionTo: () => Promise.resolve(undefined),
    features: ['resume'],
    maxParallelJobs: 1,
  });
  expect(String(await failureOf(opening))).toContain('Failed to connect');
  expect(clock.armed).toBe(0);
});
