import { expect, test } from 'bun:test';
import { commandOf } from '../../../../src/page/kit/keys/keyboard.ts';
import { codeIn } from '../../../../src/page/kit/routes.ts';
import { hrefOf, routeOf, TABS } from '../../../../src/page/worker/route.ts';

test('every page has an address that leads back to it', () => {
  for (const tab of TABS) expect(routeOf(hrefOf({ tab }))).toEqual({ tab });
});

test('an address holds the open item, whatever its name contains', () => {
  const route = { tab: 'jobs', at: 'job 7/ü%#' } as const;
  expect(routeOf(hrefOf(route))).toEqual(route);
});

test.each(['', '#', '#nothing', '#nothing/at-all', '#code=abc'])('the address %p shows the first page', (fragment) =>
  expect(routeOf(fragment)).toEqual({ tab: 'status' }),
);

test('an address that was cut off within a character opens the list', () => {
  expect(routeOf('#jobs/%C3')).toEqual({ tab: 'jobs' });
});

test('only a whole code is taken from an address', () => {
  expect(codeIn('#code=aZ-_09')).toBe('aZ-_09');
  expect(codeIn('#code=')).toBe(undefined);
  expect(codeIn('#code=a b')).toBe(undefined);
  expect(codeIn('#jobs')).toBe(undefined);
});

const key = (name: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', true>> = {}) => ({
  key: name,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
});

const command = (...pressed: Parameters<typeof key>) => commandOf(key(...pressed), TABS);

test('Ctrl or Cmd with a digit opens a page', () => {
  expect(command('2', { ctrlKey: true })).toEqual({ is: 'go', tab: 'jobs' });
  expect(command('1', { metaKey: true })).toEqual({ is: 'go', tab: 'status' });
  expect(command('9', { ctrlKey: true })).toBe(undefined);
  expect(command('0', { ctrlKey: true })).toBe(undefined);
});

test('pause, search, save, send and back each have a key', () => {
  expect(command('.', { ctrlKey: true })).toEqual({ is: 'toggle-pause' });
  expect(command('f', { ctrlKey: true })).toEqual({ is: 'search' });
  expect(command('S', { metaKey: true })).toEqual({ is: 'save' });
  expect(command('Enter', { ctrlKey: true })).toEqual({ is: 'submit' });
  expect(command('Escape')).toEqual({ is: 'back' });
});

test('letters alone and keys with other modifiers stay with the browser', () => {
  expect(command('f')).toBe(undefined);
  expect(command('2')).toBe(undefined);
  expect(command('2', { ctrlKey: true, shiftKey: true })).toBe(undefined);
  expect(command('2', { ctrlKey: true, altKey: true })).toBe(undefined);
  expect(command('2', { ctrlKey: true, metaKey: true })).toBe(undefined);
});
