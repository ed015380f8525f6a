import { expect, setDefaultTimeout, test } from 'bun:test';
import * as v from 'valibot';
import { DashboardCodeSchema } from '../../../src/contract/page/dashboard.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { TEST_MS } from '../wait-for.ts';

setDefaultTimeout(TEST_MS);

const at = (studio: FakeStudio, path: string): string => `${studio.url}${API_PREFIX}/admin${path}`;

const newCode = async (studio: FakeStudio): Promise<string> =>
  v.parse(DashboardCodeSchema, await (await studio.operator('POST', '/page-codes')).json()).code;

const exchange = (studio: FakeStudio, code: string, headers: Readonly<Record<string, string>> = {}) =>
  fetch(at(studio, '/page-session'), { method: 'POST', headers, body: JSON.stringify({ code }) });

/** Opens a page and gives the cookie that its browser would send. */
async function cookieOf(studio: FakeStudio): Promise<string> {
  const set = (await exchange(studio, await newCode(studio))).headers.get('set-cookie') ?? '';
  expect(set).toMatch(/^studio-session-\d+=\w{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  return set.slice(0, set.indexOf(';'));
}

test('a code opens the operator’s page once, and then no other', async () => {
  await using studio = await fakeStudio();
  const code = await newCode(studio);
  expect((await exchange(studio, code)).status).toBe(204);
  const again = await exchange(studio, code);
  expect([again.status, await again.json()]).toEqual([401, expect.objectContaining({ error: 'code-expired' })]);
});

test('a code that the studio itself made opens its page, too', async () => {
  await using studio = await fakeStudio();
  expect((await exchange(studio, studio.studio.createPageCode())).status).toBe(204);
});

test('a code that nobody used within ten minutes opens nothing', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  const code = await newCode(studio);
  clock.advance(600_001);
  expect((await exchange(studio, code)).status).toBe(401);
});

test('a page behind TLS gets a cookie that never travels in the clear', async () => {
  await using studio = await fakeStudio();
  const opened = await exchange(studio, await newCode(studio), { origin: 'https://studio.test' });
  expect(opened.headers.get('set-cookie')).toEndWith('; Secure');
});

test('a page reads with its cookie, and cannot ask for further codes', async () => {
  await using studio = await fakeStudio();
  const headers = { cookie: await cookieOf(studio) };
  expect((await fetch(at(studio, '/workers'), { headers })).status).toBe(200);
  const codes = await fetch(at(studio, '/page-codes'), { method: 'POST', headers: { ...headers, origin: studio.url } });
  expect(codes.status).toBe(401);
});

test.each([
  ['from the address of the studio', 201, (url: string) => ({ origin: url })],
  ['without a word on where it comes from', 403, () => ({})],
  ['from another port', 403, () => ({ origin: 'http://127.0.0.1:1' })],
  ['from elsewhere', 403, () => ({ origin: 'https://evil.example' })],
  ['beside a wrong token', 401, (url: string) => ({ origin: url, authorization: 'Bearer wrong' })],
])('a page that changes something %s is answered with %i', async (_where, status, headers) => {
  await using studio = await fakeStudio();
  const answer = await fetch(at(studio, '/bootstrap-tokens'), {
    method: 'POST',
    headers: { cookie: await cookieOf(studio), ...headers(studio.url) },
  });
  expect(answer.status).toBe(status);
});

test.each(['/status', '/workers', '/registrations', '/models', '/jobs', '/logs', '/overview', '/events'])(
  'a stranger and an unknown cookie read nothing of %s',
  async (path) => {
    await using studio = await fakeStudio();
    expect((await fetch(at(studio, path))).status).toBe(401);
    const { port } = new URL(studio.url);
    const cookie = `studio-session-${port}=${'0'.repeat(64)}`;
    expect((await fetch(at(studio, path), { headers: { cookie } })).status).toBe(401);
  },
);

test('a page outlives a restart of its studio', async () => {
  await using studio = await fakeStudio();
  const cookie = await cookieOf(studio);
  await studio.restart();
  expect((await fetch(at(studio, '/workers'), { headers: { cookie } })).status).toBe(200);
});
