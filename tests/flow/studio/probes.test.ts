import { expect, setDefaultTimeout, test } from 'bun:test';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { REUSE_MS } from '../../../src/local-studio/http/probes.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

async function probe(studio: Pick<FakeStudio, 'url'>, path: string) {
  const answer = await fetch(`${studio.url}${path}`);
  return { status: answer.status, body: await answer.json() };
}

test.each(['', '/graphics/api'])('a studio is alive and ready below %p, for anybody who asks', async (prefix) => {
  await using studio = await fakeStudio();
  expect(await probe(studio, `${prefix}/healthz`)).toEqual({ status: 200, body: { ok: true } });
  expect(await probe(studio, `${prefix}/readyz`)).toEqual({ status: 200, body: { ready: true } });
});

test('a studio whose folder of artifacts is gone is alive and not ready', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  expect((await probe(studio, '/readyz')).status).toBe(200);
  await rm(join(studio.dataDir, 'artifacts'), { recursive: true });
  clock.advance(REUSE_MS);
  const because = ['the store of artifacts does not answer'];
  expect(await probe(studio, '/readyz')).toEqual({ status: 503, body: { ready: false, because } });
  expect((await probe(studio, '/healthz')).status).toBe(200);
  expect(studio.log.find('studio.not-ready')?.fields).toEqual({ because: because[0] });
});

test('a studio whose bucket is gone is not ready', async () => {
  const clock = new FakeClock();
  const server = await startS3Server();
  const artifactStore = { ...server.options, prefix: 'studio/', redirects: false };
  await using studio = await fakeStudio({ clock, artifactStore });
  expect((await probe(studio, '/readyz')).body).toEqual({ ready: true });
  await server[Symbol.asyncDispose]();
  clock.advance(REUSE_MS);
  const because = ['the store of artifacts does not answer'];
  expect(await probe(studio, '/readyz')).toEqual({ status: 503, body: { ready: false, because } });
});
