import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { isLoopback, shownUrl } from '../../../src/base/urls.ts';

test('a URL without secrets is shown as it was written', () => {
  for (const url of ['https://studio.minis.gg/', 'http://localhost:9790', 'https://studio.lan/custom/graphics/api']) {
    expect(shownUrl(url)).toBe(url);
  }
});

test.each([
  ['http://ada:S3CRET@studio.lan:9790/x?token=S3CRET#S3CRET', 'http://studio.lan:9790/x'],
  ['wss://S3CRET@studio.lan/x', 'wss://studio.lan/x'],
  ['ftp://ada:S3@CRET@studio.lan?S3CRET', 'ftp://studio.lan'],
  ['ada:S3CRET@studio.lan', 'studio.lan'],
  ['postgres://ada:S3#CRET?S3CRET/S3@CRET@studio.lan/x?y', 'postgres://studio.lan/x'],
  ['postgres://ada:12#S3CRET@studio.lan/x', 'postgres://studio.lan/x'],
  ['studio.lan?S3CRET', 'studio.lan'],
])('what may be a secret in %s is not shown', (url, shown) => {
  expect(shownUrl(url)).toBe(shown);
});

test('a data URL is shown by scheme and length, long text truncated', () => {
  expect(shownUrl(`data:image/png;base64,${'A'.repeat(3_000_000)}`)).toBe('data: URL of 3000022 characters');
  expect(shownUrl(' DATA:,S3CRET')).toBe('data: URL of 13 characters');
  for (const long of [`https://cdn.example/${'a'.repeat(9_000)}`, 'b'.repeat(9_000), `blob:${'c'.repeat(9_000)}`]) {
    expect(shownUrl(long)).toBe(`${long.slice(0, 499)}…`);
  }
});

test('no user part, query or fragment survives in what is shown of a URL', () => {
  const secret = fc.stringMatching(/^[A-Z]{8,12}$/);
  fc.assert(
    fc.property(fc.webUrl(), secret, fc.constantFrom('user', 'query', 'fragment'), (url, text, where) => {
      const full =
        where === 'user' ? url.replace('//', `//ada:${text}@`) : `${url}${where === 'query' ? '?k=' : '#'}${text}`;
      expect(shownUrl(full)).not.toContain(text);
    }),
  );
});

test('names and addresses of this machine are loopback, however they are written', () => {
  const local = ['localhost', 'LOCALHOST.', 'a.localhost', '127.9.9.9', '[::1]', '::1', '::ffff:127.0.0.1'];
  expect(local.filter((host) => !isLoopback(host))).toEqual([]);
});

test('names and addresses that only look local are not loopback', () => {
  const others = ['localhost.example', '128.0.0.1', '127.evil.com', 'notlocalhost', '[::2]', '::2', '10.0.0.1'];
  expect(others.filter(isLoopback)).toEqual([]);
});
