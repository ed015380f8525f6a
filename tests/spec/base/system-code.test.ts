import { expect, test } from 'bun:test';
import { codeOf, deepestCodeOf, isDiskFull } from '../../../src/base/system-code.ts';

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

test('the deepest code of a chain of causes is the one of the system', () => {
  const inner = failed('ECONNREFUSED');
  expect(deepestCodeOf(new Error('a', { cause: Object.assign(failed('FailedToOpen'), { cause: inner }) }))).toBe(
    'ECONNREFUSED',
  );
  expect(deepestCodeOf(Object.assign(failed('FailedToOpen'), { cause: new Error('b') }))).toBe('FailedToOpen');
  expect(deepestCodeOf(new Error('a'))).toBe(undefined);
});
