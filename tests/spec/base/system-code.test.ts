import { expect, test } from 'bun:test';
import { codeOf, isDiskFull } from '../../../src/base/system-code.ts';

const failed = (code: unknown): Error => Object.assign(new Error('no'), { code });

test('only a disk or a quota without room counts as full', () => {
  expect(['ENOSPC', 'EDQUOT'].map((code) => isDiskFull(failed(code)))).toEqual([true, true]);
  expect([failed('EACCES'), failed(28), new Error('ENOSPC'), 'ENOSPC', undefined].some(isDiskFull)).toBe(false);
});

test('a code is a text on an error, and nothing else is', () => {
  expect([failed('ENOENT'), failed(2), { code: 'ENOENT' }, null].map(codeOf)).toEqual([
    'ENOENT',
    undefined,
    undefined,
    undefined,
  ]);
});
