import { describe, expect, test } from 'bun:test';
import { ROUTE_NAMES, ROUTES } from '../../../src/local-api/contract/routes.ts';
import type { RouteAccess, Route } from '../../../src/local-api/contract/route.ts';
import { guard, type Secrets } from '../../../src/local-api/http/guard.ts';

const secrets: Secrets = { token: 'right', cookieName: 'session', isSignedIn: (value) => value === 'open' };
const HOST = '127.0.0.1:4787';
const TOKEN = { authorization: 'Bearer right' };
const COOKIE = { cookie: 'other=1; session=open' };

/** What the guard says of a request: who asks, or the status that they get. */
function said(
  headers: Readonly<Record<string, string>>,
  { access = 'page', method = 'GET', host = HOST }: { access?: RouteAccess; method?: string; host?: string } = {},
): RouteAccess | number {
  const guarded = guard({ access, maxBodyBytes: 100 }, { method, host, headers: new Headers(headers) }, secrets);
  return guarded.is === 'guarded' ? guarded.as : guarded.status;
}

describe('for every route of the table', () => {
  const all: readonly Route[] = ROUTE_NAMES.map((name) => ROUTES[name]);
  for (const { method, path, access } of all) {
    test(`${method} ${path} is guarded by host, origin, token and size, in this order`, () => {
      const about = { access, method };
      const free = access === 'anyone' ? 'anyone' : 'bearer';
      expect(said(TOKEN, about)).toBe(free);
      expect(said({}, about)).toBe(access === 'anyone' ? 'anyone' : 401);
      expect(said({ authorization: 'Bearer wrong' }, about)).toBe(access === 'anyone' ? 'anyone' : 401);
      expect(said(TOKEN, { ...about, host: 'evil.example' })).toBe(403);
      expect(said({ ...TOKEN, origin: 'https://evil.example' }, about)).toBe(403);
      expect(said({ ...TOKEN, origin: 'null' }, about)).toBe(403);
      expect(said({ ...TOKEN, 'content-length': '101' }, about)).toBe(413);
    });
  }
});

test('names of this machine are answered, whatever their case and port', () => {
  for (const host of ['localhost', 'LOCALHOST:1', '[::1]:4787', '127.0.0.1', 'localhost.']) {
    expect(said(TOKEN, { host })).toBe('bearer');
  }
  for (const host of [
    '',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.0.0.1',
    'user@localhost:x',
    '0.0.0.0',
  ]) {
    expect(said(TOKEN, { host })).toBe(403);
  }
});

test('a token counts only whole, and only as a bearer', () => {
  for (const authorization of [
    'Bearer righ',
    'Bearer rightx',
    'Bearer ',
    'Basic right',
    'right',
    'Bearer right right',
  ]) {
    expect(said({ authorization })).toBe(401);
  }
  expect(said({ authorization: 'bearer right' })).toBe('bearer');
});

test('a worker without a token lets nobody in', () => {
  const about = { method: 'GET', host: HOST, headers: new Headers({ authorization: 'Bearer x' }) };
  expect(guard({ access: 'bearer', maxBodyBytes: 1 }, about, { ...secrets, token: '' })).toMatchObject({ status: 401 });
});

test('a cookie reads for the page, and changes something only from its own origin', () => {
  expect(said(COOKIE)).toBe('page');
  expect(said({ ...COOKIE, 'sec-fetch-site': 'same-origin' })).toBe('page');
  expect(said({ ...COOKIE, 'sec-fetch-site': 'same-site' })).toBe(403);
  expect(said({ ...COOKIE, origin: 'http://127.0.0.1:3000' })).toBe(403);
  expect(said(COOKIE, { method: 'POST' })).toBe(403);
  expect(said({ ...COOKIE, origin: `http://${HOST}` }, { method: 'POST' })).toBe('page');
  expect(said({ ...COOKIE, origin: `https://${HOST}` }, { method: 'POST' })).toBe(403);
  expect(said({ ...COOKIE, origin: `http://${HOST}` }, { method: 'POST', access: 'bearer' })).toBe(401);
});

test('a foreign cookie, or a wrong token beside a valid one, is rejected', () => {
  expect(said({ cookie: 'mysession=open; session=closed' })).toBe(401);
  expect(said({ ...COOKIE, authorization: 'Bearer wrong' })).toBe(401);
});
