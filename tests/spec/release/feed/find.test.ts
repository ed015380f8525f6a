import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { generateSecretKey } from '../../../../install/sign.ts';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { cohortOf } from '../../../../src/release/feed/cohort.ts';
import { type FindChoice, findUpdate } from '../../../../src/release/feed/find.ts';
import type { UpdateFacts } from '../../../../src/release/feed/objections.ts';
import { parseVersion, type Version } from '../../../../src/release/feed/semver.ts';
import { MANIFEST_FILE, SIGNATURE_FILE } from '../../../../src/release/manifest.ts';
import { openUpdateMemory, type UpdateState, withFault } from '../../../../src/release/update/state.ts';
import { systemClock } from '../../../../src/system/clock.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { createHttp } from '../../../../src/system/net/http-client.ts';
import { signatureCrypto } from '../../../../src/system/signature-crypto.ts';
import { recordingLogger } from '../../../fakes/recording-logger.ts';
import { type Publication, releaseServer, tagOf } from '../../../fakes/release/release-server.ts';
import { MemoryFiles } from '../../../fakes/system/memory-files.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

const TARGET = 'x86_64-unknown-linux-gnu';
const version = (text: string): Version => parseVersion(text) ?? { text, core: [], prerelease: [] };
const WORKER = { name: 'worker.tar.xz', kind: 'worker', target: TARGET, bytes: new Uint8Array([1, 2, 3]) };

interface Given {
  readonly state?: Partial<UpdateState>;
  readonly facts?: Partial<Omit<UpdateFacts, 'state'>>;
  readonly allowsUnsigned?: boolean;
}

/** A server of releases, and an installation of 0.5.0 that looks at it. */
async function setup({ state = {}, facts = {}, allowsUnsigned = false }: Given = {}) {
  const server = releaseServer();
  const log = recordingLogger();
  const memory = openUpdateMemory({ path: '/config/update-state.json', files: new MemoryFiles(), log });
  await memory.change((known) => ({ ...known, ...state }));
  const publish = (text: string, about: Partial<Publication> = {}): void =>
    server.publish({ version: text, files: [WORKER], ...about });
  const find = (choice: FindChoice = { wish: 'by-itself' }) =>
    findUpdate({ running: version('0.5.0'), prereleases: false, target: TARGET, cohort: 50, ...facts }, choice, {
      http: createHttp({ clock: systemClock, env: () => undefined }),
      clock: systemClock,
      crypto: signatureCrypto,
      keys: server.keys,
      allowsUnsigned,
      feed: server.feed,
      memory,
      now: () => 1_000,
      log,
    });
  return {
    server,
    log,
    memory,
    publish,
    find,
    found: async (choice?: FindChoice) => (await find(choice))?.version.text,
    refusal: async (choice: FindChoice) => toWorkerError(await failureOf(find(choice))),
    why: (of: string) => log.events.find(({ fields }) => fields['version'] === of)?.fields['because'],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test('the newest release that is signed and runs here is found', async () => {
  await using at = await setup();
  at.publish('0.5.1');
  at.publish('0.6.0');
  at.publish('0.5.2');
  expect(await at.found()).toBe('0.6.0');
  expect(await at.memory.read()).toMatchObject({ highestSeen: '0.6.0', lastCheckAt: 1_000 });
});

test('another program’s releases in the feed are skipped and logged', async () => {
  await using at = await setup();
  at.publish('0.5.1');
  at.server.publishForeign('studio-worker-v0.9.0', {
    [MANIFEST_FILE]: '{"dist_version":"0.30.4"}',
    'installer.sh': '',
  });
  at.server.publishForeign('v0.8.0', { 'source.tar.gz': '' });
  expect(await at.found()).toBe('0.5.1');
  expect(at.log.events.map(({ level, event, fields }) => [level, event, fields['version'], fields['because']])).toEqual(
    [
      ['debug', 'release.skipped', '0.9.0', 'its manifest is not signed'],
      ['debug', 'release.skipped', '0.8.0', 'it has no manifest'],
    ],
  );
});

test.each([
  ['signed by a stranger', { signedBy: generateSecretKey() }, 'which is none of ours'],
  ['of another version under this tag', { tag: tagOf('0.7.0') }, 'its manifest is that of 0.6.0'],
])('a release %s is rejected aloud, and an older good one is found', async (_what, about, because) => {
  await using at = await setup();
  at.publish('0.5.1');
  at.publish('0.6.0', about);
  expect(await at.found()).toBe('0.5.1');
  const [rejected] = at.log.events;
  expect(rejected).toMatchObject({ level: 'warn', event: 'release.rejected' });
  expect(rejected?.fields['because']).toContain(because);
});

test('a manifest of one release with the signature of another is rejected', async () => {
  await using at = await setup();
  at.publish('0.6.0');
  at.publish('0.7.0');
  const other = at.server.files.get(`${tagOf('0.6.0')}/${SIGNATURE_FILE}`) ?? new Uint8Array();
  at.server.files.set(`${tagOf('0.7.0')}/${SIGNATURE_FILE}`, other);
  expect(await at.found()).toBe('0.6.0');
  expect(at.why('0.7.0')).toContain('the signature does not match the content');
});

test('an unsigned release is accepted only where that is allowed', async () => {
  await using strict = await setup();
  strict.publish('0.6.0', { signedBy: 'nobody' });
  expect(await strict.found()).toBeUndefined();
  await using lax = await setup({ allowsUnsigned: true });
  lax.publish('0.6.0', { signedBy: 'nobody' });
  expect(await lax.found()).toBe('0.6.0');
});

test('allowing unsigned releases still refuses a wrong signature', async () => {
  await using at = await setup({ allowsUnsigned: true });
  at.publish('0.6.0', { signedBy: generateSecretKey() });
  expect(await at.found()).toBeUndefined();
});

test('an old release that is shown again is not taken for an update', async () => {
  await using at = await setup();
  at.publish('0.6.0');
  at.publish('0.6.1');
  expect(await at.found()).toBe('0.6.1');
  at.server.withdraw('0.6.1');
  expect(await at.found()).toBeUndefined();
  expect(at.log.events.at(-1)?.fields).toMatchObject({ version: '0.6.0', because: '0.6.1 was seen already' });
});

test('a newest release that wants a step in between leads to that step', async () => {
  await using at = await setup();
  at.publish('0.6.0');
  at.publish('0.7.0', { minFrom: '0.6.0' });
  expect(await at.found()).toBe('0.6.0');
  expect(at.why('0.7.0')).toBe('it takes a step from 0.6.0 or newer');
});

test('a release rolled out in part is for the first installations only', async () => {
  for (const [cohort, expected] of [
    [19, '0.7.0'],
    [20, '0.6.0'],
  ] as const) {
    await using at = await setup({ facts: { cohort } });
    at.publish('0.6.0');
    at.publish('0.7.0', { rollout: 20 });
    expect(await at.found()).toBe(expected);
  }
});

test('a version that failed twice is skipped until forced or superseded', async () => {
  const fault = { version: '0.6.0', at: 0, because: 'it died' };
  const state = withFault(withFault({ faults: [] }, fault), fault);
  await using at = await setup({ state });
  at.publish('0.6.0');
  expect(await at.found()).toBeUndefined();
  expect(await at.refusal({ wish: 'asked', version: '0.6.0' })).toMatchObject({ code: 'update.refused' });
  expect(await at.found({ wish: 'forced', version: '0.6.0' })).toBe('0.6.0');
  at.publish('0.6.1');
  expect(await at.found()).toBe('0.6.1');
});

test('a version that did not work once is tried again', async () => {
  await using at = await setup({ state: withFault({ faults: [] }, { version: '0.6.0', at: 0, because: 'no space' }) });
  at.publish('0.6.0');
  expect(await at.found()).toBe('0.6.0');
});

test('a pinned version is the only one that the worker moves to by itself', async () => {
  await using at = await setup({ state: { pinned: '0.5.1' } });
  at.publish('0.5.1');
  at.publish('0.6.0');
  expect(await at.found()).toBe('0.5.1');
  expect(await at.found({ wish: 'asked' })).toBe('0.6.0');
});

test('no release without an executable for this system is moved to, by whatever force', async () => {
  await using at = await setup();
  at.publish('0.6.0', { files: [{ ...WORKER, target: 'aarch64-apple-darwin' }] });
  expect(await at.found()).toBeUndefined();
  const { message } = await at.refusal({ wish: 'forced', version: '0.6.0' });
  expect(message).toBe(`release 0.6.0 is not installed: it has no executable for ${TARGET}`);
});

test('a prerelease that the feed passes off as stable is known by its manifest', async () => {
  await using at = await setup();
  at.publish('0.6.0-rc.1', { channel: 'prerelease' });
  expect(await at.found()).toBeUndefined();
  expect(await at.found({ wish: 'asked', version: '0.6.0-rc.1' })).toBe('0.6.0-rc.1');
});

test('an older version is installed by force only', async () => {
  await using at = await setup();
  at.publish('0.4.0');
  expect(await at.refusal({ wish: 'asked', version: '0.4.0' })).toMatchObject({ code: 'update.refused' });
  expect(await at.found({ wish: 'forced', version: '0.4.0' })).toBe('0.4.0');
});

test('a version that the feed does not list is named in the error', async () => {
  await using at = await setup();
  at.publish('0.6.0');
  expect(await at.refusal({ wish: 'asked', version: '0.9.0' })).toMatchObject({
    code: 'update.not-found',
    message: 'release 0.9.0 not present in feed',
  });
});

test('a manifest that cannot be fetched fails the check', async () => {
  await using at = await setup();
  at.publish('0.5.1');
  at.publish('0.6.0');
  at.server.intercept = (path) =>
    path.endsWith(`${tagOf('0.6.0')}/${MANIFEST_FILE}`) ? new Response('', { status: 503 }) : undefined;
  const failure = toWorkerError(await failureOf(at.find()));
  expect(failure).toMatchObject({ code: 'update.feed-unreadable' });
  expect(failure.message).toEndWith(`/${MANIFEST_FILE} returned 503`);
});

test('files that come over an open network are not even asked for', async () => {
  await using at = await setup();
  at.publish('0.6.0');
  at.server.intercept = (path) =>
    path === '/releases'
      ? Response.json([
          {
            tag_name: tagOf('0.6.0'),
            assets: [MANIFEST_FILE, SIGNATURE_FILE].map((name) => ({
              name,
              browser_download_url: `http://192.0.2.1/${name}`,
            })),
          },
        ])
      : undefined;
  expect(await at.found()).toBeUndefined();
  expect(at.why('0.6.0')).toContain('is neither https nor on this machine');
});

test('installations are spread evenly over a rollout, and each stays in its place', () => {
  const ids = Array.from({ length: 5_000 }, (_, at) => `install-${at}`);
  const first = ids.filter((id) => cohortOf(id, sha256) < 10).length;
  expect(first).toBeGreaterThan(400);
  expect(first).toBeLessThan(600);
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (id) => {
      const cohort = cohortOf(id, sha256);
      expect(cohort).toBe(cohortOf(id, sha256));
      expect(cohort >= 0 && cohort < 100 && Number.isInteger(cohort)).toBe(true);
    }),
  );
  expect(cohortOf(undefined, sha256)).toBe(99);
});
