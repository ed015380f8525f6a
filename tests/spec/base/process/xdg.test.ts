import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { xdgFolder } from '../../../../src/base/process/xdg.ts';

test.each([
  ['/cache', '/cache'],
  ['/cache//', '/cache'],
  ['/', '/'],
  ['rel', undefined],
  ['./rel', undefined],
  ['../rel', undefined],
  ['~/rel', undefined],
  [' /cache', undefined],
  ['', undefined],
  [undefined, undefined],
])('of %j as a folder of the account, %j is used', (named, folder) => {
  expect(xdgFolder((name) => (name === 'XDG_CACHE_HOME' ? named : undefined), 'XDG_CACHE_HOME')).toBe(folder);
});

test('no other code reads these folders, so none follows a relative one', () => {
  const readers = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /(?:get\(|\[)'XDG_(?:CACHE|CONFIG|DATA|STATE|RUNTIME)/.test(readFileSync(`src/${file}`, 'utf8')));
  expect(readers).toEqual([]);
});
