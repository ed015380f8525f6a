import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { OPERATOR_ROUTES, pathTo } from '../../../src/contract/operator/routes.ts';
import { API_PREFIX, connectUrl, studioBase, studioUrl } from '../../../src/contract/routes.ts';

test.each([
  ['https://studio.minis.gg/', 'https://studio.minis.gg/graphics/api/workers/register-request'],
  ['https://studio.example/graphics/api/', 'https://studio.example/graphics/api/workers/register-request'],
  ['https://studio.example/custom/graphics/api', 'https://studio.example/custom/graphics/api/workers/register-request'],
  ['http://localhost:9790', 'http://localhost:9790/graphics/api/workers/register-request'],
  ['https://s.example/a//?x=1#y', 'https://s.example/a/graphics/api/workers/register-request'],
  ['https://s.example/graphics/api///', 'https://s.example/graphics/api/workers/register-request'],
  [
    'https://s.example/graphics/api/graphics/api',
    'https://s.example/graphics/api/graphics/api/workers/register-request',
  ],
  ['https://s.example/xgraphics/api', 'https://s.example/xgraphics/api/graphics/api/workers/register-request'],
  ['http://[::1]:9790', 'http://[::1]:9790/graphics/api/workers/register-request'],
])('calls to %s go to %s', (base, url) => {
  expect(studioUrl(base, '/workers/register-request')).toBe(url);
});

test.each(['', 'nonsense', '/graphics/api', 'ftp://nope/', 'ws://localhost', 'file:///x', 'localhost:9790'])(
  '%p is no address for calls',
  (base) => {
    expect(studioBase(base)).toBeUndefined();
    expect(studioUrl(base, '/x')).toBeUndefined();
  },
);

test.each([
  ['https://api.example/graphics/api/', 'w-2', 'wss://api.example/graphics/api/workers/w-2/connect'],
  ['http://localhost:9790', 'w-3', 'ws://localhost:9790/graphics/api/workers/w-3/connect'],
  ['https://studio.minis.gg/', 'w-1', 'wss://studio.minis.gg/graphics/api/workers/w-1/connect'],
  ['ws://localhost:9790/x', 'w', 'ws://localhost:9790/x/graphics/api/workers/w/connect'],
  ['wss://s.example', 'w', 'wss://s.example/graphics/api/workers/w/connect'],
  ['http://s.example/?region=eu#top', 'w', 'ws://s.example/graphics/api/workers/w/connect?region=eu'],
  ['http://s.example', '../a b', 'ws://s.example/graphics/api/workers/..%2Fa%20b/connect'],
])('a session with %s as %s opens %s', (base, workerId, url) => {
  expect(connectUrl(base, workerId)).toBe(url);
});

test.each(['ftp://nope/', 'not a url', ''])('%p carries no session', (base) => {
  expect(connectUrl(base, 'w')).toBeUndefined();
});

test('a base that was made is a base that stays', () => {
  const path = fc.array(fc.constantFrom('a', 'graphics', 'api', ''), { maxLength: 3 }).map((parts) => parts.join('/'));
  fc.assert(
    fc.property(path, (path) => {
      const url = studioUrl(`https://s.example/${path}`, '') ?? '';
      expect(url).toEndWith(API_PREFIX);
      expect(studioUrl(url, '')).toBe(url);
    }),
  );
});

test('an id in an operator route cannot leave its place', () => {
  const routes = Object.values(OPERATOR_ROUTES).map((route) => pathTo(route, '../x?y#z'));
  for (const route of routes) expect(new URL(route, 'http://s').pathname).toBe(route);
});
