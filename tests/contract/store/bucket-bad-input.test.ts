import { expect, test } from 'bun:test';
import { DAY_MS, HOUR_MS } from '../../../src/base/units.ts';
import { openBucketArtifacts } from '../../../src/local-studio/storage/bucket-artifacts.ts';
import { startSha256 } from '../../../src/system/disk/digest.ts';
import type { BucketOptions } from '../../../src/system/net/objects/bucket-options.ts';
import { openBucket } from '../../../src/system/net/objects/object-store.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { systemRandom } from '../../../src/system/random.ts';
import { type SignedStore, startSignedStore } from '../../fakes/studio/signed-store.ts';

const open = (options: BucketOptions) =>
  openBucketArtifacts({
    bucket: openBucket(options, systemClock),
    shownUrl: 's3://renders/a (b)/',
    prefix: 'a (b)/',
    random: systemRandom,
    startSha256,
    redirects: false,
  });

const optionsOf = ({ bucket, endpoint, credentials }: SignedStore): BucketOptions => ({
  bucket,
  endpoint,
  credentials,
});

test('a store that checks signatures takes, gives and removes artifacts', async () => {
  await using store = await startSignedStore();
  const artifacts = await open(optionsOf(store));
  expect([...store.objects]).toEqual([]); // what was written to see whether it may be
  const writer = await artifacts.begin();
  for (let at = 0; at < 6; at++) await writer.write(new Uint8Array(1024 * 1024).fill(at));
  const { name, sizeBytes } = await writer.keep('job-1', 'bin');
  expect(store.objects.get(`a (b)/${name}`)?.length).toBe(sizeBytes);
  const bytes = await artifacts.open(name);
  expect((await new Response(bytes).bytes()).length).toBe(sizeBytes);
  await artifacts.remove(name);
  expect(await artifacts.open(name)).toBeUndefined();
});

test('uploads that were abandoned a day ago are aborted, and no others', async () => {
  await using store = await startSignedStore();
  const artifacts = await open(optionsOf(store));
  const since = (ms: number) => new Date(Date.now() - ms);
  store.uploads.set('old', { key: "a (b)/it's & <more>", since: since(2 * DAY_MS) });
  store.uploads.set('new', { key: 'a (b)/new', since: since(HOUR_MS) });
  store.uploads.set('foreign', { key: 'other/old', since: since(2 * DAY_MS) });
  expect(await artifacts.sweep(Date.now() - DAY_MS)).toBe(1);
  expect([...store.uploads.keys()]).toEqual(['new', 'foreign']);
  expect(await artifacts.sweep(Date.now() - DAY_MS)).toBe(0);
});

test('a sweep without the right to it says what the store said', async () => {
  await using store = await startSignedStore();
  const artifacts = await open(optionsOf(store));
  store.deny('GET');
  expect(artifacts.sweep(Date.now())).rejects.toMatchObject({ code: 'AccessDenied' });
});

/** What an operator can get wrong, and what the error says to do. */
const UNUSABLE: readonly (readonly [string, (store: SignedStore) => Partial<BucketOptions>, RegExp])[] = [
  ['a bucket that does not exist', () => ({ bucket: 'missing' }), /NoSuchBucket.*Create the bucket/s],
  [
    'a key that the store does not know',
    ({ credentials }) => ({ credentials: { ...credentials, accessKeyId: 'a' } }),
    /AWS_ACCESS/,
  ],
  [
    'a wrong secret',
    ({ credentials }) => ({ credentials: { ...credentials, secretAccessKey: 'hush-hush' } }),
    /SignatureDoesNotMatch.*secret access key/s,
  ],
  ['a server that does not run', () => ({ endpoint: 'http://127.0.0.1:1' }), /--endpoint/],
  ['a key that may not write', (store) => (store.deny('PUT'), {}), /AccessDenied.*read, write and delete/s],
  ['a key that may not remove', (store) => (store.deny('DELETE'), {}), /AccessDenied.*read, write and delete/s],
  [
    'a clock that is an hour behind the store',
    (store) => (store.skew(HOUR_MS), {}),
    /RequestTimeTooSkewed.*Set the clock/s,
  ],
];

for (const [title, change, says] of UNUSABLE) {
  test(`${title} is reported at the start with what helps`, async () => {
    await using store = await startSignedStore();
    const options = optionsOf(store);
    const thrown: unknown = await open({ ...options, ...change(store) }).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'studio.bucket-unusable' });
    const { message, hint } = thrown as { message: string; hint: string };
    expect(`${message}\n${hint}`).toMatch(says);
    for (const secret of [store.credentials.secretAccessKey, 'hush-hush'])
      expect(Bun.inspect(thrown)).not.toContain(secret);
  });
}
