import { expect, test } from 'bun:test';
import { cookieIn, isFromOwnPage, sameSecret } from '../../../src/page-host/from-page.ts';

const HOST = '127.0.0.1:9790';
const isOwn = (method: string, headers: Readonly<Record<string, string>>, schemes?: readonly ('http' | 'https')[]) =>
  isFromOwnPage({ method, host: HOST, headers: new Headers(headers) }, schemes);

test('what changes something must name the address it is sent to', () => {
  expect(isOwn('POST', { origin: `http://${HOST}` })).toBe(true);
  expect(isOwn('POST', {})).toBe(false);
  expect(isOwn('POST', { origin: 'http://127.0.0.1:1' })).toBe(false);
  expect(isOwn('POST', { origin: `http://${HOST}.evil.example` })).toBe(false);
});

test('a page behind TLS is an own one only where a proxy may stand', () => {
  const origin = `https://${HOST}`;
  expect(isOwn('POST', { origin })).toBe(false);
  expect(isOwn('POST', { origin }, ['http', 'https'])).toBe(true);
});

test('a read needs no origin, unless another site makes it', () => {
  expect(isOwn('GET', {})).toBe(true);
  expect(isOwn('GET', { 'sec-fetch-site': 'same-origin' })).toBe(true);
  expect(isOwn('GET', { 'sec-fetch-site': 'same-site' })).toBe(false);
  expect(isOwn('GET', { 'sec-fetch-site': 'cross-site' })).toBe(false);
});

test('a cookie is found by its whole name', () => {
  expect(cookieIn('a=1; session=open; b=2', 'session')).toBe('open');
  expect(cookieIn('mysession=open', 'session')).toBe(undefined);
  expect(cookieIn('', 'session')).toBe(undefined);
});

test('a secret that is empty, longer or shorter is another one', () => {
  expect(sameSecret('abc', 'abc')).toBe(true);
  for (const [given, expected] of [
    ['', ''],
    ['ab', 'abc'],
    ['abcd', 'abc'],
    ['', 'abc'],
  ] as const) {
    expect(sameSecret(given, expected)).toBe(false);
  }
});
