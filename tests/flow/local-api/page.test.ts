import { expect, setDefaultTimeout, test } from 'bun:test';
import { serveLocalApi } from '../../fakes/serve-local-api.ts';
import * as v from 'valibot';
import { PageCodeSchema } from '../../../src/contract/page/access.ts';
import { TEST_MS } from '../wait-for.ts';
import { answerOf, type ApiScene, setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

/** Opens a page and gives the cookie that its browser would send. */
async function cookieOf(at: ApiScene): Promise<string> {
  const { code, url } = v.parse(PageCodeSchema, (await at.post('/page/codes')).body);
  expect(url).toBe(`${at.api.url}/#code=${code}`);
  const opened = await answerOf(`${at.api.url}/page/session`, { method: 'POST', body: JSON.stringify({ code }) });
  const cookie = opened.headers.get('set-cookie') ?? '';
  expect(cookie).toMatch(/^studio-worker-session-\d+=\w{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  return cookie.slice(0, cookie.indexOf(';'));
}

test('a code opens one page, once', async () => {
  await using at = await setupApi();
  const { code } = v.parse(PageCodeSchema, (await at.post('/page/codes')).body);
  const exchange = () => answerOf(`${at.api.url}/page/session`, { method: 'POST', body: JSON.stringify({ code }) });
  expect((await exchange()).status).toBe(200);
  expect(await exchange()).toMatchObject({ status: 401, body: { error: 'code_expired' } });
});

test('a code that nobody used within a minute opens nothing', async () => {
  await using at = await setupApi();
  const { code } = v.parse(PageCodeSchema, (await at.post('/page/codes')).body);
  at.worker.clock.skip(60_001);
  const answer = await answerOf(`${at.api.url}/page/session`, { method: 'POST', body: JSON.stringify({ code }) });
  expect(answer.status).toBe(401);
});

test('a page reads with its cookie, and cannot ask for further codes', async () => {
  await using at = await setupApi();
  const cookie = await cookieOf(at);
  expect((await answerOf(`${at.api.url}/daemon/status`, { headers: { cookie } })).status).toBe(200);
  const codes = await answerOf(`${at.api.url}/page/codes`, { method: 'POST', headers: { cookie, origin: at.api.url } });
  expect(codes.status).toBe(401);
});

test('a page changes something only from the origin of the API itself', async () => {
  await using at = await setupApi();
  const cookie = await cookieOf(at);
  const pause = (headers: Record<string, string>) =>
    answerOf(`${at.api.url}/daemon/pause`, { method: 'POST', headers: { cookie, ...headers } });
  expect(await pause({})).toMatchObject({ status: 403, body: { error: 'forbidden_origin' } });
  expect(await pause({ origin: 'http://127.0.0.1:1' })).toMatchObject({ status: 403 });
  expect(await pause({ origin: at.api.url })).toMatchObject({ status: 200, body: { paused: true } });
});

test('each page that claims to be the window supersedes the ones before', async () => {
  await using at = await setupApi();
  const cookie = await cookieOf(at);
  const newest = async () =>
    (await answerOf(`${at.api.url}/daemon/status`, { headers: { cookie } })).body as { windowOpenedAt?: number };
  const claim = async () =>
    await answerOf(`${at.api.url}/page/window`, { method: 'POST', headers: { cookie, origin: at.api.url } });
  expect(await newest()).not.toHaveProperty('windowOpenedAt');
  const first = v.parse(v.object({ windowOpenedAt: v.number() }), (await claim()).body);
  const second = v.parse(v.object({ windowOpenedAt: v.number() }), (await claim()).body);
  expect(second.windowOpenedAt).toBeGreaterThan(first.windowOpenedAt);
  expect(await newest()).toMatchObject(second);
});

test('a page of another port reads nothing, although its browser sends the cookie', async () => {
  await using at = await setupApi();
  const cookie = await cookieOf(at);
  const read = await answerOf(`${at.api.url}/daemon/status`, { headers: { cookie, 'sec-fetch-site': 'same-site' } });
  expect(read).toMatchObject({ status: 403, body: { error: 'forbidden_origin' } });
});

test('an open page goes on after a restart of the API', async () => {
  await using at = await setupApi();
  const cookie = await cookieOf(at);
  const port = Number(URL.parse(at.api.url)?.port);
  await at.api[Symbol.asyncDispose]();
  await at.worker.config.update({ local_api_port: port });
  const { composed, effects, config, log, engines } = at.worker;
  await using again = await serveLocalApi(composed, { effects, config, log, engines });
  expect(again?.url).toBe(at.api.url);
  expect((await answerOf(`${at.api.url}/daemon/status`, { headers: { cookie } })).status).toBe(200);
});
