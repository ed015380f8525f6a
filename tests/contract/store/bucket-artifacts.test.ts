import { expect, test } from 'bun:test';
import { openBucketArtifacts } from '../../../src/local-studio/storage/bucket-artifacts.ts';
import { startSha256 } from '../../../src/system/disk/digest.ts';
import { type Clock, systemClock } from '../../../src/system/clock.ts';
import type { BucketOptions } from '../../../src/system/net/objects/bucket-options.ts';
import { openBucket } from '../../../src/system/net/objects/object-store.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { openFaultyStore } from '../../fakes/studio/faulty-store.ts';
import { startS3Server } from '../../fakes/studio/s3-server.ts';
import { fakeRandom } from '../../fakes/system/fake-random.ts';
import { testArtifacts } from './artifact-suite.ts';

type BucketClock = Pick<Clock, 'after' | 'now'>;

const open = (options: BucketOptions, redirects = false, clock: BucketClock = systemClock) =>
  openBucketArtifacts({
    bucket: openBucket(options, clock),
    shownUrl: 's3://artifacts/studio',
    prefix: 'studio/',
    random: systemRandom,
    startSha256,
    redirects,
  });

testArtifacts('a bucket', async () => {
  const server = await startS3Server();
  const reopen = () => open(server.options);
  return { artifacts: await reopen(), reopen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
});

test('an artifact of many parts arrives whole, and a discarded one is gone', async () => {
  await using server = await startS3Server();
  const artifacts = await open(server.options);
  const [kept, discarded] = [await artifacts.begin(), await artifacts.begin()];
  const chunk = new Uint8Array(1024 * 1024).fill(7);
  for (let at = 0; at < 12; at++) for (const writer of [kept, discarded]) await writer.write(chunk);
  const { name, sizeBytes } = await kept.keep('job-1', 'bin');
  await discarded.discard();
  expect(sizeBytes).toBe(12 * chunk.length);
  expect((await new Response(await artifacts.open(name)).bytes()).length).toBe(sizeBytes);
  const { bucket, endpoint, credentials } = server.options;
  const { accessKeyId, secretAccessKey } = credentials;
  const client = new Bun.S3Client({ bucket, endpoint, accessKeyId, secretAccessKey });
  expect((await client.list()).contents?.map(({ key }) => key)).toEqual([`studio/${name}`]);
});

test('a signed URL gives an artifact with its name and type', async () => {
  await using server = await startS3Server();
  const artifacts = await open(server.options, true);
  const writer = await artifacts.begin();
  await writer.write(new TextEncoder().encode('fox'));
  const { name } = await writer.keep('job-1', 'webp');
  const head = { contentType: 'image/webp', disposition: 'attachment; filename="job-1.webp"' };
  const answer = await fetch(artifacts.urlOf(name, head) ?? '');
  expect([await answer.text(), answer.headers.get('content-type')]).toEqual(['fox', 'image/webp']);
  expect(answer.headers.get('content-disposition')).toBe(head.disposition);
});

test('a store that is busy for a moment is asked again', async () => {
  await using server = await startS3Server();
  await using store = await openFaultyStore(server.options.endpoint, server.options.bucket, fakeRandom());
  const waits: number[] = [];
  /** Nothing waits, and with the third wait the store has recovered. */
  const clock: BucketClock = {
    now: () => Date.now(),
    after: (ms, call) => {
      if (waits.push(ms) === 3) store.trouble([], 0);
      queueMicrotask(call);
      return () => {};
    },
  };
  store.trouble(['SlowDown', 'ServiceUnavailable'], 1);
  const artifacts = await open({ ...server.options, endpoint: store.endpoint }, false, clock);
  expect(waits).toEqual([100, 200, 400]);
  waits.length = 0;
  store.trouble(['SlowDown'], 1);
  await artifacts.remove('none');
  expect(waits).toEqual([100, 200, 400]);
});

test('a store that stays busy is reported with what helps', async () => {
  await using server = await startS3Server();
  await using store = await openFaultyStore(server.options.endpoint, server.options.bucket, fakeRandom());
  store.trouble(['SlowDown'], 1);
  const clock: BucketClock = { now: () => Date.now(), after: (_ms, call) => (queueMicrotask(call), () => {}) };
  const thrown = await open({ ...server.options, endpoint: store.endpoint }, false, clock).catch((e: unknown) => e);
  expect(thrown).toMatchObject({ code: 'studio.bucket-unusable', hint: expect.stringContaining('busy') });
});
