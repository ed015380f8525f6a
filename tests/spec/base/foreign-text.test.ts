import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { sanitizeText, quoted } from '../../../src/base/foreign-text.ts';

test.each([
  ['plain wörds', 'plain wörds'],
  ['\u001B[31mred\u001B[0m', '\uFFFDred\uFFFD'],
  ['\u001B]0;title\u0007x', '\uFFFDx'],
  ['a\u0000b\u007Fc\u202Ed', 'a\uFFFDb\uFFFDc\uFFFDd'],
  ['1 | a\r\n\t^', '1 | a\n\t^'],
])('%j is shown as %j', (text, shown) => {
  expect(sanitizeText(text)).toBe(shown);
});

test('the operator’s input is quoted on one line and truncated', () => {
  expect(quoted('a\nb')).toBe('"a b"');
  expect(quoted('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`);
  expect(quoted('🦊'.repeat(201))).toBe(`"${'🦊'.repeat(200)}…"`);
});

test('nothing that a terminal acts on survives in a quotation', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      // oxlint-disable-next-line no-control-regex -- finding control characters is the purpose
      expect(quoted(text)).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/);
    }),
  );
});
