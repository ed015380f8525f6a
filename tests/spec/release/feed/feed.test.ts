import { expect, test } from 'bun:test';
import { USER_AGENT } from '../../../../src/base/version.ts';
import { candidatesIn, newerThan } from '../../../../src/release/feed/choose.ts';
import { fetchFeed } from '../../../../src/release/feed/feed.ts';
import { parseVersion } from '../../../../src/release/feed/semver.ts';
import { createHttp } from '../../../../src/system/net/http-client.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { toWorkerError } from '../../../../src/base/errors.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';

/** The studio contract's own feed: an old-style tag, a draft, a prerelease, and a tag that is no version. */
const CONTRACT_FEED =
  '[{"tag_name":"studio-worker-v0.4.15","prerelease":false,"draft":false,"assets":[{"name":"studio-worker-installer.sh","browser_download_url":"https://github.com/webbertakken/studio-worker/releases/download/studio-worker-v0.4.15/studio-worker-installer.sh"}]},{"tag_name":"v0.4.9","prerelease":false,"draft":false,"assets":[]},{"tag_name":"studio-worker-v0.5.0","draft":true},{"tag_name":"studio-worker-v0.5.0-rc.1","prerelease":true},{"tag_name":"sdcpp-prebuilt-master-920-2f88688"}]';

type Answer = (request: Request) => Response | Promise<Response>;

function setup(answer: Answer) {
  const headers: Record<string, string>[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: (request) => {
      headers.push(Object.fromEntries(request.headers));
      return answer(request);
    },
  });
  const clock = new FakeClock();
  const url = `http://127.0.0.1:${server.port}/releases`;
  return {
    url,
    clock,
    headers,
    fetch: (at = url) => fetchFeed(at, { http: createHttp({ clock, env: () => undefined }), clock }),
    [Symbol.asyncDispose]: () => server.stop(true),
  };
}

const whyUnreadable = async (work: Promise<unknown>) => toWorkerError(await failureOf(work));

async function newest(feed: string, running: string, prereleases = false): Promise<string | undefined> {
  await using scene = setup(() => new Response(feed));
  const { candidates } = candidatesIn(await scene.fetch(), { prereleases });
  const version = parseVersion(running);
  return version && newerThan(version, candidates)[0]?.version.text;
}

test.each([
  ['the newest that is neither a draft nor a prerelease', CONTRACT_FEED, '0.4.3', '0.4.15'],
  ['nothing where the one release is running', '{"tag_name":"v2.0.0"}', '2.0.0', undefined],
  ['no prerelease that nobody asked for', '[{"tag_name":"v0.3.1-rc.1","prerelease":true}]', '0.3.0', undefined],
  ['nothing in an empty feed', '[]', '1.0.0', undefined],
  ['nothing older than what runs', '[{"tag_name":"v1.0.0"}]', '1.0.1', undefined],
  ['a suffix alone makes no prerelease', '[{"tag_name":"v1.0.1-rc.1"}]', '1.0.0', '1.0.1-rc.1'],
])('a feed offers %s', async (_what, feed, running, expected) => {
  expect(await newest(feed, running)).toBe(expected as string);
});

test('an operator who wants prereleases gets them, and still no drafts', async () => {
  expect(await newest(CONTRACT_FEED, '0.4.3', true)).toBe('0.5.0-rc.1');
});

test('tags that name no version are reported and not chosen', async () => {
  await using scene = setup(() => new Response(CONTRACT_FEED));
  const { unreadableTags } = candidatesIn(await scene.fetch(), { prereleases: true });
  expect(unreadableTags).toEqual(['sdcpp-prebuilt-master-920-2f88688']);
});

test('the feed is requested by name, in the format of its host', async () => {
  await using scene = setup(() => new Response('[]'));
  await scene.fetch();
  expect(scene.headers).toMatchObject([{ accept: 'application/vnd.github+json', 'user-agent': USER_AGENT }]);
});

test.each([
  ['another status', () => new Response('{}', { status: 403 }), 'returned 403'],
  ['a page that is no JSON', () => new Response('<html>'), 'is no list of releases: not JSON'],
  ['a release without a tag', () => new Response('[{"draft":false}]'), 'is no list of releases'],
  ['assets that are no list', () => new Response('[{"tag_name":"v1.0.0","assets":{}}]'), 'is no list of releases'],
  ['JSON of another kind', () => new Response('"v1.0.0"'), 'is no list of releases'],
])('a feed that answers with %s cannot be read', async (_what, answer: () => Response, said) => {
  await using scene = setup(answer);
  const failure = await whyUnreadable(scene.fetch());
  expect(failure).toMatchObject({ code: 'update.feed-unreadable' });
  expect(failure.message).toContain(`feed ${scene.url} `);
  expect(failure.message).toContain(said);
});

test('a feed that takes longer than fifteen seconds is given up', async () => {
  const reached = Promise.withResolvers<void>();
  const never = Promise.withResolvers<Response>();
  await using scene = setup(() => {
    reached.resolve();
    return never.promise;
  });
  const failing = whyUnreadable(scene.fetch());
  await reached.promise;
  scene.clock.advance(15_000);
  expect((await failing).message).toBe(`feed ${scene.url} did not answer within 15 s`);
  never.resolve(new Response('[]'));
});

test('a key in the URL of a feed shows up in no error', async () => {
  await using scene = setup(() => new Response('', { status: 401 }));
  const failure = await whyUnreadable(scene.fetch(`${scene.url}?key=hunter2`));
  expect(failure.message).toBe(`feed ${scene.url} returned 401`);
});

test('a feed that nobody serves names the reason', async () => {
  const scene = setup(() => new Response('[]'));
  await scene[Symbol.asyncDispose]();
  expect((await whyUnreadable(scene.fetch())).message).toContain(`feed ${scene.url} cannot be reached: `);
});
