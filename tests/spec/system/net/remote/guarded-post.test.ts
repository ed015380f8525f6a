import { expect, test } from 'bun:test';
import { createGuardedPost, type GuardedPostOptions } from '../../../../../src/system/net/remote/guarded-post.ts';
import { systemClock } from '../../../../../src/system/clock.ts';
import { FakeClock } from '../../../../fakes/system/fake-clock.ts';
import { rawPeer } from '../../../../fakes/system/raw-peer.ts';

const never = new AbortController().signal;
const poster = (about: Partial<GuardedPostOptions> = {}) =>
  createGuardedPost({
    clock: systemClock,
    env: () => undefined,
    userAgent: 'test',
    allowPrivate: true,
    remedy: 'Allow it.',
    ...about,
  });
const request = (url: string) => ({
  url,
  headers: { 'webhook-id': 'a' },
  body: '{"a":1}',
  timeoutMs: 5_000,
  maxBodyBytes: 1_024,
  signal: never,
});

/** What must not be reached from here unless the operator says so, in the spellings that URLs allow. */
const PRIVATE = [
  'https://127.0.0.1/',
  'https://127.1/',
  'https://2130706433/',
  'https://0x7f.0.0.1/',
  'https://0.0.0.0/',
  'https://localhost/',
  'https://studio.localhost./',
  'https://10.0.0.1/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://169.254.169.254/latest/meta-data',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:a9fe:a9fe]/',
  'https://[fe80::1]/',
  'https://[fd00::1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[2002:7f00:1::]/',
  'http://example.com/',
  'ftp://example.com/',
  'https://user:secret@example.com/',
  'not a url',
] as const;

test.each(PRIVATE)('%s is refused before anything is sent', async (url) => {
  const resolve = () => Promise.resolve(['93.184.215.14']);
  const strict = poster({ allowPrivate: false, resolve });
  const thrown = await strict.send(request(url)).catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'url.refused' });
  expect(String(thrown)).not.toContain('secret');
  expect(await strict.refusalOf(url, never)).toMatchObject({ code: 'url.refused' });
});

test('a name that stands for a private address as well is refused', async () => {
  const resolve = () => Promise.resolve(['93.184.215.14', '10.0.0.7']);
  const strict = poster({ allowPrivate: false, resolve });
  expect(await strict.refusalOf('https://both.example/', never)).toMatchObject({
    message: expect.stringContaining('10.0.0.7, which is not on the public internet'),
    hint: 'Allow it.',
  });
});

test('a name that cannot be looked up yet is not refused', async () => {
  const strict = poster({ allowPrivate: false, resolve: () => Promise.reject(new Error('ENOTFOUND')) });
  expect(await strict.refusalOf('https://soon.example/', never)).toBeUndefined();
  expect(strict.send(request('https://soon.example/'))).rejects.toMatchObject({ code: 'http.unreachable' });
});

test('a name is looked up once, and that address is what is connected to', async () => {
  const seen: (string | null)[] = [];
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: async (asked) => {
      seen.push(asked.headers.get('host'), asked.headers.get('webhook-id'), await asked.text());
      return new Response('thanks', { status: 202, headers: { 'retry-after': '7' } });
    },
  });
  const answers = [['127.0.0.1'], ['127.0.0.2']]; // as a name that changes between the check and the connection
  const resolve = () => Promise.resolve(answers.shift() ?? []);
  const answer = await poster({ resolve }).send(request(`http://hook.example:${server.port}/in`));
  expect([answer.status, answer.headers['retry-after']]).toEqual([202, '7']);
  expect(seen).toEqual([`hook.example:${server.port}`, 'a', '{"a":1}']);
  expect(answers).toEqual([['127.0.0.2']]);
});

test('a redirect is an answer, and is not followed', async () => {
  let asked = 0;
  using server = Bun.serve({
    port: 0,
    hostname: '127.0.0.1',
    fetch: () => {
      asked++;
      return new Response(null, { status: 307, headers: { location: '/elsewhere' } });
    },
  });
  expect((await poster().send(request(server.url.href))).status).toBe(307);
  expect(asked).toBe(1);
});

test('of an answer without an end as much is read as was allowed', async () => {
  const { promise: cut, resolve: onCut } = Promise.withResolvers<number>();
  await using peer = await rawPeer((socket, received) => {
    let bytes = 0;
    const pour = (): void => {
      while (!socket.destroyed && socket.write('x'.repeat(65_536))) bytes += 65_536;
    };
    socket.on('data', () => {
      if (!received().includes('\r\n\r\n')) return;
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10737418240\r\n\r\n');
      pour();
    });
    socket.on('drain', pour);
    socket.on('close', () => onCut(bytes));
    socket.on('error', () => {});
  });
  expect((await poster().send(request(`${peer.url}/`))).status).toBe(200);
  expect(await cut).toBeLessThan(64 * 1_024 * 1_024);
});

test('a receiver that does not answer is given up in time', async () => {
  const clock = new FakeClock();
  const { promise: asked, resolve: onAsked } = Promise.withResolvers<void>();
  await using peer = await rawPeer((socket) => void socket.on('data', () => onAsked()));
  const sent = poster({ clock }).send(request(`${peer.url}/`));
  await asked;
  clock.advance(5_000);
  expect(sent).rejects.toMatchObject({ code: 'http.unreachable', message: expect.stringContaining('within 5.0 s') });
  expect(clock.armed).toBe(0);
});

test('a receiver that closes the connection is reported without the query', async () => {
  await using peer = await rawPeer((socket) => void socket.on('data', () => socket.destroy()));
  const thrown = await poster()
    .send(request(`${peer.url}/in?token=secret`))
    .catch((error: unknown) => error);
  expect(thrown).toMatchObject({ code: 'http.unreachable', message: expect.stringContaining('/in got no answer') });
  expect(String(thrown)).not.toContain('secret');
});
