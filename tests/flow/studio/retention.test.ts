import { expect, test } from 'bun:test';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { HOUR_MS } from '../../../src/base/units.ts';
import { HOUSEKEEPING_MS } from '../../../src/local-studio/retention.ts';
import { bareWorker } from '../../fakes/studio/bare-worker.ts';
import { fakeStudio } from '../../fakes/studio/fake-studio.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { waitFor } from '../wait-for.ts';
import { anImage, working } from './local-studio-scene.ts';

test('an artifact is removed once it was kept long enough, and its job stays', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock, keepArtifactsMs: 6 * HOUR_MS });
  using worker = await bareWorker(await studio.enrol());
  const job = await working(studio, worker, anImage);
  await worker.upload(job.id);
  const files = async (): Promise<readonly string[]> =>
    (await readdir(join(studio.dataDir, 'artifacts'))).filter((name) => name !== 'incoming');
  await clock.advanceAsync(5 * HOUR_MS);
  expect(await files()).toHaveLength(1);
  expect((await studio.operator('GET', `/jobs/${job.id}/artifact`)).status).toBe(200);

  clock.advance(2 * HOUSEKEEPING_MS);
  const removed = (): boolean => studio.log.find('retention.removed') !== undefined;
  await waitFor('old artifacts to be removed', removed, () => studio.log.names().join());
  expect(await files()).toEqual([]);
  const kept = await studio.job(job.id);
  expect([kept.state, kept.artifact]).toEqual(['completed', undefined]);
  expect((await studio.operator('GET', `/jobs/${job.id}/artifact`)).status).toBe(404);
});
