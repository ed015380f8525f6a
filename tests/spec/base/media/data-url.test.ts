import { expect, test } from 'bun:test';
import { dataUrlBytes, isInlineImage, readDataUrl } from '../../../../src/base/media/data-url.ts';

/** Every byte there is, so that every mark of the alphabet comes. */
const BYTES = Uint8Array.from({ length: 256 }, (_, index) => index);
const TEXT = BYTES.toBase64();

test.each([
  ['as it is', TEXT],
  ['without padding', TEXT.replaceAll('=', '')],
  ['in the alphabet of URLs', BYTES.toBase64({ alphabet: 'base64url' })],
  ['in the alphabet of URLs without padding', BYTES.toBase64({ alphabet: 'base64url', omitPadding: true })],
  ['with line ends and blanks', `${TEXT.slice(0, 7)}\r\n \t${TEXT.slice(7)}`],
  ['escaped as in a query', encodeURIComponent(TEXT)],
])('base64 %s gives the same bytes', (_how, base64) => {
  const url = readDataUrl(`data:image/png;base64,${base64}`);
  expect(url && dataUrlBytes(url)).toEqual(BYTES);
});

test.each(['@@@@', 'QUJDR', '%ZZ', `${TEXT}====`, 'QQ=Q'])('damaged base64 %j is no guess', (base64) => {
  const url = readDataUrl(`data:image/png;base64,${base64}`);
  expect(() => url && dataUrlBytes(url)).toThrow();
});

test.each([
  'data:,hello',
  'data:text/plain,hi',
  'data:;base64,QQ==',
  'data:image/png;base64',
  'data:image/svg+xml,%3Csvg/%3E',
  ' data:image/png;base64,QQ==',
])('%j carries no file in base64', (url) => {
  expect(readDataUrl(url)).toBeUndefined();
  expect(isInlineImage(url)).toBe(false);
});

test.each(['DATA:image/PNG;BASE64,QQ==', 'data:image/png;charset=utf-8;base64,QQ==', 'data:image/png; base64,QQ=='])(
  '%j is read without its parameters',
  (url) => {
    expect(readDataUrl(url)).toEqual({ mediaType: 'image/png', base64: 'QQ==' });
  },
);
