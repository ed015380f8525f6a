import { expect, test } from 'bun:test';
import { forwardedAddress } from '../../../../src/local-studio/http/forwarded.ts';

const of = (value: string): string | undefined => forwardedAddress(new Headers({ 'x-forwarded-for': value }));

for (const [header, address] of [
  ['203.0.113.9', '203.0.113.9'],
  ['10.9.9.9, 203.0.113.9', '203.0.113.9'],
  ['203.0.113.9:4711', '203.0.113.9'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
] as const) {
  test(`a proxy that sends ${header} means ${address}`, () => expect(of(header)).toBe(address));
}

test('what is no address is none', () => {
  for (const header of ['', ' ', 'unknown', 'a'.repeat(60), '203.0.113.9, ']) expect(of(header)).toBeUndefined();
  expect(forwardedAddress(new Headers())).toBeUndefined();
});
