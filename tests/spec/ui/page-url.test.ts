import { expect, test } from 'bun:test';
import type { HttpRequest } from '../../../src/system/net/http.ts';
import { askPageUrl } from '../../../src/ui/page-url.ts';

const FOUND = JSON.stringify({ url: 'http://127.0.0.1:4787', token: 't', pid: 1 });
const CODE = { code: 'c', url: 'http://127.0.0.1:4787/#code=c', expiresAt: 1 };

/** A host that answers each request so. */
function hostOf(status: number, body: string) {
  const requests: HttpRequest[] = [];
  return {
    requests,
    async request(request: HttpRequest) {
      requests.push(request);
      return { status, statusText: '', headers: {}, body: new TextEncoder().encode(body) };
    },
  };
}

test('a running worker gives an address that opens its page once', async () => {
  const host = hostOf(201, JSON.stringify(CODE));
  expect(await askPageUrl(FOUND, host)).toBe(CODE.url);
  expect(host.requests).toMatchObject([
    { method: 'POST', url: 'http://127.0.0.1:4787/page/codes', headers: { authorization: 'Bearer t' } },
  ]);
});

test.each([undefined, '', 'not JSON', '{"url":1}'])('a file that holds %p names no worker', async (found) => {
  const host = hostOf(201, JSON.stringify(CODE));
  expect(await askPageUrl(found, host)).toBe(undefined);
  expect(host.requests).toEqual([]);
});

test.each([
  [200, JSON.stringify(CODE)],
  [201, 'hello'],
  [401, ''],
])('somebody else at its address, who answers %i, gives none', async (status, body) => {
  expect(await askPageUrl(FOUND, hostOf(status, body))).toBe(undefined);
});

test('a worker that was killed gives no address', async () => {
  expect(await askPageUrl(FOUND, { request: () => Promise.reject(new Error('refused')) })).toBe(undefined);
});
