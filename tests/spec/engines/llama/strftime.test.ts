import { expect, test } from 'bun:test';
import { strftime } from '../../../../src/engines/llama/strftime.ts';

/** A Saturday morning, in local time. */
const AT = new Date(2026, 6, 4, 9, 5, 3);

test.each([
  ['%Y-%m-%d', '2026-07-04'],
  ['%d %b %Y', '04 Jul 2026'],
  ['%A, %-d %B %Y', 'Saturday, 4 July 2026'],
  ['%a %e %h %y', 'Sat  4 Jul 26'],
  ['%H:%M:%S', '09:05:03'],
  ['%-I:%M %p', '9:05 AM'],
  ['%F %T %D %R', '2026-07-04 09:05:03 07/04/26 09:05'],
  ['%j %u %w', '185 6 6'],
  ['100%%%n%t', '100%\n\t'],
  ['no date', 'no date'],
])('%j is written as %j', (format, text) => {
  expect(strftime(format, AT)).toBe(text);
});

test('noon and midnight are twelve on a clock of twelve hours', () => {
  expect(strftime('%I %p', new Date(2026, 0, 1, 12))).toBe('12 PM');
  expect(strftime('%I %p %j', new Date(2026, 0, 1, 0))).toBe('12 AM 001');
  expect(strftime('%-M', new Date(2026, 0, 1, 0))).toBe('0');
});

test('the distance from Greenwich has a sign and four digits', () => {
  expect(strftime('%z %Z', AT)).toMatch(/^([+-]\d{2})(\d{2}) \1:\2$/);
});

test.each(['%Q', '%', '%-', '%_d', '%:z'])('%j is no format', (format) => {
  expect(() => strftime(format, AT)).toThrow(
    expect.objectContaining({
      code: 'model.unusable',
      message: expect.stringMatching(/^strftime_now: unsupported format %/),
    }),
  );
});
