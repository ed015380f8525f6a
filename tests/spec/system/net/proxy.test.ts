import { expect, test } from 'bun:test';
import { proxyFor } from '../../../../src/system/net/proxy.ts';

const from =
  (variables: Readonly<Record<string, string>>) =>
  (url: string): string | undefined =>
    proxyFor(url, (name) => variables[name]);

const proxy = 'http://proxy.example:3128';

test('each scheme asks for its own variable, sockets like their HTTP kin', () => {
  const plain = from({ http_proxy: 'http://plain.example', https_proxy: 'http://secure.example' });
  expect(['http://a.example', 'ws://a.example', 'https://a.example', 'wss://a.example'].map(plain)).toEqual([
    'http://plain.example',
    'http://plain.example',
    'http://secure.example',
    'http://secure.example',
  ]);
});

test('lower case wins over upper case, and ALL_PROXY fills the gap', () => {
  expect(from({ HTTP_PROXY: 'http://upper', http_proxy: 'http://lower' })('http://a.example')).toBe('http://lower');
  expect(from({ HTTPS_PROXY: proxy })('wss://a.example')).toBe(proxy);
  expect(from({ ALL_PROXY: proxy, HTTP_PROXY: '' })('ws://a.example')).toBe(proxy);
});

test('a proxy without a scheme is an http proxy, nonsense is none', () => {
  expect(from({ HTTP_PROXY: 'proxy.example:3128' })('http://a.example')).toBe(proxy);
  expect(from({ HTTP_PROXY: 'http://:::' })('http://a.example')).toBeUndefined();
});

test('loopback never goes through a proxy', () => {
  const ask = from({ ALL_PROXY: proxy });
  for (const host of ['localhost', 'studio.localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'LOCALHOST.']) {
    expect(ask(`ws://${host}:8080/`)).toBeUndefined();
  }
  expect(ask('ws://127.example/')).toBe(proxy);
});

test('under CGI the upper-case variable is a stranger speaking', () => {
  expect(from({ HTTP_PROXY: proxy, REQUEST_METHOD: 'GET' })('http://a.example')).toBeUndefined();
  expect(from({ http_proxy: proxy, REQUEST_METHOD: 'GET' })('http://a.example')).toBe(proxy);
});

test.each<[list: string, url: string, direct: boolean]>([
  ['*', 'https://a.example', true],
  ['example', 'https://a.example', true],
  ['.a.example', 'https://a.example', true],
  ['*.example', 'https://b.a.example', true],
  ['a.example', 'https://xa.example', false],
  ['other, a.example', 'https://A.EXAMPLE.', true],
  ['a.example:8443', 'https://a.example', false],
  ['a.example:443', 'wss://a.example', true],
  ['10.0.0.0/8', 'https://10.20.30.40', true],
  ['10.0.0.0/8', 'https://11.0.0.1', false],
  ['10.0.0.0/99', 'https://10.0.0.1', false],
  ['fd00::/8', 'https://[fd12:3456::1]', true],
  ['fd00::/8', 'https://[fe80::1]', false],
  ['[fd00::1]:443', 'https://[fd00::1]', true],
  ['fd00::1', 'https://[fd00::1]', true],
  ['10.0.0.0/8', 'https://ten.example', false],
])('NO_PROXY %s sends %s directly: %p', (list, url, direct) => {
  expect(from({ ALL_PROXY: proxy, NO_PROXY: list })(url) === undefined).toBe(direct);
});

test('what is no URL has no proxy', () => {
  expect(from({ ALL_PROXY: proxy })('not a url')).toBeUndefined();
});
