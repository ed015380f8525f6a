import { expect, test } from 'bun:test';
import { stat } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { someCapabilities } from '../../../fakes/builders.ts';
import { fakeStudio, type FakeStudioOptions } from '../../../fakes/studio/fake-studio.ts';

const SECRET = 'ab'.repeat(32);
const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const asking = (about: Readonly<Record<string, unknown>> = {}) => ({
  installId: '3f2b8c1d-9e4a-1b7c-c2d3-4e5f60718293',
  registrationSecretHash: hash(SECRET),
  capabilities: someCapabilities(),
  userAgent: 'studio-worker/0.5.0',
  ...about,
});

async function setup(options: FakeStudioOptions = {}) {
  const studio = await fakeStudio(options);
  const api = `${studio.url}/graphics/api`;
  const post = (path: string, body: unknown, type = 'application/json') =>
    fetch(api + path, { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) });
  const ask = async (about = {}): Promise<string> => {
    const answer = (await (await post('/workers/register-request', asking(about))).json()) as { requestId: string };
    return answer.requestId;
  };
  const poll = (requestId: string, secret = SECRET, headers = {}) =>
    fetch(`${api}/workers/register-requests/${requestId}`, {
      headers: { ...headers, authorization: `Bearer ${secret}` },
    });
  return { studio, api, post, ask, poll, [Symbol.asyncDispose]: () => studio[Symbol.asyncDispose]() };
}

test('asking twice gives the request that waits already', async () => {
  await using world = await setup();
  expect(await world.ask()).toBe(await world.ask());
});

test('another secret for the same installation is another request', async () => {
  await using world = await setup();
  const first = await world.ask();
  const second = await world.ask({ registrationSecretHash: hash('another') });
  expect(second).not.toBe(first);
  expect((await world.poll(first)).status).toBe(404);
});

test('a poll needs the secret, and an unknown request is 404', async () => {
  await using world = await setup();
  const requestId = await world.ask();
  expect((await world.poll(requestId, 'wrong')).status).toBe(401);
  expect((await world.poll('rr-unknown')).status).toBe(404);
  expect(await (await world.poll(requestId)).json()).toEqual({ status: 'pending', features: ['longPoll'] });
});

test('each poll of an approved request mints a token that ends the one before', async () => {
  await using world = await setup();
  const requestId = await world.ask();
  const workerId = await world.studio.approve();
  const first = (await (await world.poll(requestId)).json()) as { authToken: string };
  const second = (await (await world.poll(requestId)).json()) as { workerId: string; authToken: string };
  expect(second.workerId).toBe(workerId);
  const complete = (token: string) =>
    fetch(`${world.api}/workers/${workerId}/jobs/job-x/complete`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
    });
  expect((await complete(first.authToken)).status).toBe(401);
  expect((await complete(second.authToken)).status).toBe(404);
});

test('a rejected request says why', async () => {
  await using world = await setup();
  const requestId = await world.ask();
  const rejected = await world.studio.operator('POST', `/registrations/${requestId}/reject`, {
    reason: 'unknown machine',
  });
  expect(rejected.status).toBe(204);
  expect(await (await world.poll(requestId)).json()).toEqual({ status: 'rejected', reason: 'unknown machine' });
});

test('an installation that registers again stays the worker it was', async () => {
  await using world = await setup();
  await world.ask();
  const before = await world.studio.approve();
  await world.ask({ registrationSecretHash: hash('another') });
  expect(await world.studio.approve()).toBe(before);
});

test('a bootstrap token lets one worker in, once', async () => {
  await using world = await setup();
  const minted = (await (await world.studio.operator('POST', '/bootstrap-tokens')).json()) as { token: string };
  const body = { bootstrapToken: minted.token, capabilities: someCapabilities() };
  expect((await world.post('/workers/register', body)).status).toBe(201);
  expect((await world.post('/workers/register', body)).status).toBe(401);
});

test('the data never holds a token or a secret in the clear', async () => {
  await using world = await setup();
  const { authToken } = await world.studio.enrol();
  await world.ask();
  await world.studio.restart();
  const files = ['studio.sqlite', 'studio.sqlite-wal'].map((name) => Bun.file(`${world.studio.dataDir}/${name}`));
  const texts = await Promise.all(files.map(async (file) => ((await file.exists()) ? file.text() : '')));
  expect(texts.join('')).toContain('registrations');
  expect(texts.some((text) => text.includes(authToken) || text.includes(SECRET))).toBe(false);
});

test('the operator token is for its owner alone and stays the same', async () => {
  await using world = await setup();
  const before = world.studio.studio.operatorToken;
  if (process.platform !== 'win32') expect((await stat(world.studio.studio.tokenFile)).mode & 0o777).toBe(0o600);
  await world.studio.restart();
  expect(world.studio.studio.operatorToken).toBe(before);
});

test('the operator API answers nobody without its token', async () => {
  await using world = await setup();
  const wrong = await fetch(`${world.api}/admin/jobs`, { headers: { authorization: 'Bearer wrong' } });
  expect(wrong.status).toBe(401);
  expect(await wrong.json()).toMatchObject({ error: 'unauthorized' });
});

test.each(['heartbeat', 'claim', 'logs', 'jobs/job-1/fail', 'jobs/job-1/complete-json'])(
  'the polling-era route %s is gone',
  async (route) => {
    await using world = await setup();
    expect((await world.post(`/workers/w-1/${route}`, {})).status).toBe(404);
  },
);

test('a body that is too large or no JSON is rejected with a reason', async () => {
  await using world = await setup();
  const large = await world.post('/workers/register-request', 'x'.repeat(300_000));
  expect(large.status).toBe(413);
  const malformed = await world.post('/workers/register-request', { installId: 1 });
  expect(malformed.status).toBe(400);
  expect(await malformed.json()).toMatchObject({ error: 'invalid' });
});

test('a wrong method names the right ones, and probes answer at the root', async () => {
  await using world = await setup();
  const wrong = await fetch(`${world.api}/workers/register-request`);
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get('allow')).toBe('POST');
  expect((await fetch(`${world.studio.url}/healthz`)).status).toBe(200);
});

test('a poll that prefers to wait is answered when the operator has decided', async () => {
  await using world = await setup();
  const requestId = await world.ask();
  const held = world.poll(requestId, SECRET, { prefer: 'wait=50' });
  const workerId = await world.studio.approve();
  expect(await (await held).json()).toMatchObject({ status: 'approved', workerId });
});

test('a poll that waits is answered when it is rejected, too', async () => {
  await using world = await setup();
  const requestId = await world.ask();
  const held = world.poll(requestId, SECRET, { prefer: 'respond-async, wait=50' });
  await world.studio.operator('POST', `/registrations/${requestId}/reject`, { reason: 'no' });
  expect(await (await held).json()).toEqual({ status: 'rejected', reason: 'no' });
});

test('a second poll of a request ends the wait of the first', async () => {
  await using world = await setup();
  const requestId = await world.ask();
  const first = world.poll(requestId, SECRET, { prefer: 'wait=50' });
  await world.poll(requestId, SECRET); // one that does not wait changes nothing
  const second = world.poll(requestId, SECRET, { prefer: 'wait=50' });
  expect(await (await first).json()).toEqual({ status: 'pending', features: ['longPoll'] });
  await world.studio.approve();
  expect(await (await second).json()).toMatchObject({ status: 'approved' });
});

test('nobody without the secret of the request is kept waiting', async () => {
  await using world = await setup();
  expect((await world.poll(await world.ask(), 'wrong', { prefer: 'wait=50' })).status).toBe(401);
});

test.each([
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
  'application/jsonp',
  'text/plain; application/json',
  '',
])('a registration declared as %j, which any page can send, is rejected', async (type) => {
  await using world = await setup();
  for (const path of ['/workers/register-request', '/workers/register']) {
    const answer = await world.post(path, asking(), type);
    expect(answer.status).toBe(415);
    expect(await answer.json()).toMatchObject({ error: 'unsupported-media-type' });
  }
  expect(await (await world.studio.operator('GET', '/registrations')).text()).not.toContain('3f2b8c1d');
});

test.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON ;charset=UTF-8'])(
  'a registration declared as %j is taken',
  async (type) => {
    await using world = await setup();
    expect((await world.post('/workers/register-request', asking(), type)).status).toBe(201);
  },
);

test('registration requests and bootstrap tokens have separate rate limits', async () => {
  await using world = await setup({ sparesLoopback: false });
  const bootstrap = { bootstrapToken: 'wrong', capabilities: someCapabilities() };
  for (let sent = 0; sent < 10; sent++) await world.post('/workers/register-request', asking());
  const refused = await world.post('/workers/register-request', asking());
  expect([refused.status, Number(refused.headers.get('retry-after'))]).toEqual([429, expect.any(Number)]);
  for (let sent = 0; sent < 10; sent++) expect((await world.post('/workers/register', bootstrap)).status).toBe(401);
  expect((await world.post('/workers/register', bootstrap)).status).toBe(429);
});

test('what is not declared as JSON does not count against the limit', async () => {
  await using world = await setup({ sparesLoopback: false });
  for (let sent = 0; sent < 20; sent++) await world.post('/workers/register-request', asking(), 'text/plain');
  expect((await world.post('/workers/register-request', asking())).status).toBe(201);
});
