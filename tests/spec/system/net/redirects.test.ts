import { expect, test } from 'bun:test';
import type { HttpRequest } from '../../../../src/system/net/http.ts';
import { nextUrl } from '../../../../src/system/net/redirects.ts';

const FROM = 'https://studio.example/a';

interface Case {
  readonly status: number;
  readonly location: string;
  readonly method?: HttpRequest['method'];
  readonly token?: true;
  readonly body?: true;
  readonly from?: string;
}

/** Where a response leads a request; undefined when it is the answer. */
function follow({ status, location, method = 'GET', token, body, from = FROM }: Case): string | undefined {
  const request: HttpRequest = {
    method,
    url: from,
    stallMs: 1,
    ...(token && { headers: { Authorization: 'Bearer t' } }),
    ...(body && { body: [new Uint8Array(1)] }),
  };
  return nextUrl(request, from, { status, statusText: '', headers: { location }, body: new Uint8Array() });
}

test('a GET follows every redirect, also one that is relative', () => {
  const ends = [301, 302, 303, 307, 308].map((status) => follow({ status, location: '/b' }));
  expect(new Set(ends)).toEqual(new Set(['https://studio.example/b']));
});

test('another method follows only the redirects that keep it', () => {
  const followed = [301, 302, 303, 307, 308].filter(
    (status) => follow({ status, location: '/b', method: 'POST', body: true }) !== undefined,
  );
  expect(followed).toEqual([307, 308]);
});

test('an answer that leads nowhere, or to what is not HTTP, is not followed', () => {
  expect(follow({ status: 200, location: '/b' })).toBeUndefined();
  for (const location of ['', 'file:///etc/passwd', 'ftp://studio.example/b', 'https://']) {
    expect(follow({ status: 302, location })).toBeUndefined();
  }
});

test.each([
  ['a token', { token: true }],
  ['a body', { body: true }],
] as const)('%s goes to no other host', (_what, carried) => {
  expect(follow({ status: 307, location: 'https://other.example/a', ...carried })).toBeUndefined();
  expect(follow({ status: 307, location: 'https://studio.example/b', ...carried })).toBe('https://studio.example/b');
  expect(follow({ status: 307, location: 'https://other.example/a' })).toBe('https://other.example/a');
});

test('a token follows a redirect up to https, and nothing goes down to http', () => {
  const from = 'http://studio.example/a';
  expect(follow({ status: 308, location: 'https://studio.example/a', token: true, from })).toBe(FROM);
  expect(follow({ status: 308, location: from })).toBeUndefined();
});

test('raw bytes in a redirect are percent-encoded as they are', () => {
  // The runtime hands each byte of a header over as one character.
  const asRead = (location: string): string => Buffer.from(location, 'utf8').toString('latin1');
  expect(follow({ status: 302, location: asRead('/modèle/模型?für=ü') })).toBe(
    'https://studio.example/mod%C3%A8le/%E6%A8%A1%E5%9E%8B?f%C3%BCr=%C3%BC',
  );
  expect(follow({ status: 302, location: asRead('https://exämple.com/a') })).toBe('https://xn--exmple-cua.com/a');
  expect(follow({ status: 302, location: '/caf\u00e9' })).toBe('https://studio.example/caf%E9');
  expect(follow({ status: 302, location: '/caf%C3%A9' })).toBe('https://studio.example/caf%C3%A9');
});
