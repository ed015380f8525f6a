import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUSEKEEPING_MS, startHousekeeping } from '../../../src/local-studio/retention.ts';
import { openSqliteStore } from '../../../src/local-studio/storage/sqlite-store.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';

/** A studio's housekeeping at a store of artifacts that answers when the test says so. */
async function setup() {
  const folder = await mkdtemp(join(tmpdir(), 'retention-'));
  const clock = new FakeClock();
  const { store } = await openSqliteStore(await openDataFolder(folder), clock);
  const log = recordingLogger();
  const swept = Promise.withResolvers<number>();
  const artifacts = { remove: () => Promise.resolve(), sweep: () => swept.promise };
  const stop = startHousekeeping({ store, artifacts, clock, log, studioId: 'st-1' });
  clock.advance(HOUSEKEEPING_MS);
  return {
    stop,
    log,
    async fail() {
      swept.reject(new Error('the store is closed'));
      await swept.promise.catch(() => {});
      await Promise.resolve();
    },
    async [Symbol.asyncDispose]() {
      stop();
      await store.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

test('a studio that cannot end abandoned uploads says so', async () => {
  await using studio = await setup();
  await studio.fail();
  expect(studio.log.names()).toEqual(['uploads.sweep-failed']);
});

test('a studio that stops meanwhile takes no closed store for a failure', async () => {
  await using studio = await setup();
  studio.stop();
  await studio.fail();
  expect(studio.log.names()).toEqual([]);
});
