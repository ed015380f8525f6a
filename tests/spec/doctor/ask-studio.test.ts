import { expect, test } from 'bun:test';
import { askStudio, tryUpgrade } from '../../../src/doctor/ask-studio.ts';
import type { Http, HttpRequest } from '../../../src/system/net/http.ts';
import { FakeSockets } from '../../fakes/studio/fake-sockets.ts';
import { FakeClock, settle } from '../../fakes/system/fake-clock.ts';

/** A host that answers with this status and time. */
function hostOf(status: number, headers: Readonly<Record<string, string>> = {}) {
  const requests: HttpRequest[] = [];
  const http: Http = {
    async request(request) {
      requests.push(request);
      return { status, statusText: '', headers, body: new Uint8Array() };
    },
  };
  return { http, requests };
}

test('a studio that answers is reported with its time beside ours', async () => {
  const clock = new FakeClock();
  const { http, requests } = hostOf(404, { date: 'Mon, 25 May 2026 12:00:00 GMT' });
  expect(await askStudio('https://studio.example', { http, clock })).toEqual({
    is: 'answered',
    status: 404,
    dateAt: Date.UTC(2026, 4, 25, 12),
    ourAt: clock.now(),
  });
  expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET https://studio.example/graphics/api/workers/register-requests/doctor',
  ]);
});

test.each([{}, { date: 'noon' }])('a studio whose time is %p is reported without one', async (headers) => {
  const { http } = hostOf(200, headers);
  const answer = await askStudio('https://studio.example', { http, clock: new FakeClock() });
  expect(answer).toMatchObject({ is: 'answered', dateAt: undefined });
});

test('a studio that cannot be reached is reported with the code of the system', async () => {
  const cause = Object.assign(new Error('no such host'), { code: 'ENOTFOUND' });
  const http: Http = { request: () => Promise.reject(new Error('the request failed', { cause })) };
  expect(await askStudio('https://studio.example', { http, clock: new FakeClock() })).toEqual({
    is: 'unreachable',
    because: 'the request failed: no such host',
    code: 'ENOTFOUND',
  });
});

test('an address that is no URL is asked nothing', async () => {
  const { http, requests } = hostOf(200);
  const clock = new FakeClock();
  const sockets = new FakeSockets(clock);
  expect((await askStudio('studio', { http, clock })).is).toBe('unreachable');
  expect((await tryUpgrade('studio', { sockets, clock })).is).toBe('unreachable');
  expect([requests, sockets.all]).toEqual([[], []]);
});

test('an upgrade that is let in is reported, and its socket is closed', async () => {
  const clock = new FakeClock();
  const sockets = new FakeSockets(clock, (socket) => socket.open());
  expect(await tryUpgrade('https://studio.example', { sockets, clock })).toEqual({ is: 'opened' });
  expect(sockets.last.options).toMatchObject({ headers: { authorization: 'Bearer doctor' } });
  await settle();
  expect(sockets.last.send('still there?')).toBe(false);
});

test('an upgrade that is refused is reported with its status', async () => {
  const clock = new FakeClock();
  const sockets = new FakeSockets(clock, (socket) => socket.refuse(401));
  expect(await tryUpgrade('https://studio.example', { sockets, clock })).toEqual({ is: 'answered', status: 401 });
});

test('an upgrade that nobody answers is given ten seconds', async () => {
  const clock = new FakeClock();
  const sockets = new FakeSockets(clock);
  const answer = tryUpgrade('https://studio.example', { sockets, clock });
  await settle();
  clock.advance(10_000);
  expect(await answer).toEqual({ is: 'unreachable', because: 'the upgrade was not answered within 10 s' });
});
