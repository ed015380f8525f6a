import { expect } from 'bun:test';
import { HOUR_MS, MIB } from '../../../src/base/units.ts';
import { openBucketArtifacts } from '../../../src/local-studio/storage/bucket-artifacts.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { startSha256 } from '../../../src/system/disk/digest.ts';
import type { BucketOptions } from '../../../src/system/net/objects/bucket-options.ts';
import { openBucket } from '../../../src/system/net/objects/object-store.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { needs, variable } from '../../needs.ts';
import { testArtifacts } from './artifact-suite.ts';

/** Such as `https://s3.eu-central-1.amazonaws.com/my-bucket`; the key is that of the environment. */
const STORE = 'STUDIO_WORKER_TEST_S3';

const onStore = needs(variable(STORE));

function place(): BucketOptions {
  const url = new URL(process.env[STORE] ?? '');
  return { endpoint: url.origin, bucket: url.pathname.split('/')[1] ?? '' };
}

/** Artifacts below a prefix of the test's own, of which nothing is left when it ends. */
async function realArtifacts() {
  const options = place();
  const prefix = `studio-worker-test-${systemRandom.hex(8)}/`;
  const bucket = openBucket(options, systemClock);
  const parts = { bucket, prefix, shownUrl: `s3://${options.bucket}/${prefix}`, random: systemRandom, startSha256 };
  const open = (redirects = false) => openBucketArtifacts({ ...parts, redirects });
  return {
    artifacts: await open(),
    reopen: open,
    [Symbol.asyncDispose]: async () => {
      const client = new Bun.S3Client({
        bucket: options.bucket,
        ...(options.endpoint && { endpoint: options.endpoint }),
      });
      for (const { key } of (await client.list({ prefix })).contents ?? []) await client.delete(key);
    },
  };
}

testArtifacts('a real bucket', realArtifacts, onStore);

onStore('a real bucket: a signed URL gives an artifact with its name and type', async () => {
  await using subject = await realArtifacts();
  const artifacts = await subject.reopen(true);
  const writer = await artifacts.begin();
  await writer.write(new TextEncoder().encode('fox'));
  const { name } = await writer.keep('job-1', 'webp');
  const head = { contentType: 'image/webp', disposition: 'attachment; filename="job-1.webp"' };
  const answer = await fetch(artifacts.urlOf(name, head) ?? '');
  expect([await answer.text(), answer.headers.get('content-type')]).toEqual(['fox', 'image/webp']);
});

onStore('a real bucket: an upload that is left unfinished is aborted', async () => {
  await using subject = await realArtifacts();
  const { artifacts } = subject;
  const writer = await artifacts.begin();
  for (let at = 0; at < 6; at++) await writer.write(new Uint8Array(MIB));
  expect(await artifacts.sweep(Date.now() - HOUR_MS)).toBe(0);
  expect(await artifacts.sweep(Date.now() + HOUR_MS)).toBe(1);
  expect(await artifacts.sweep(Date.now() + HOUR_MS)).toBe(0);
  await writer.discard();
});
