import { expect, test } from 'bun:test';
import { commandOf } from '../../../../src/page/worker/keyboard.ts';
import { codeIn, hrefOf, routeOf, TABS } from '../../../../src/page/worker/route.ts';

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

test('Ctrl or Cmd with a digit opens a page', () => {
  expect(commandOf(key('2', { ctrlKey: true }))).toEqual({ is: 'go', tab: 'jobs' });
  expect(commandOf(key('1', { metaKey: true }))).toEqual({ is: 'go', tab: 'status' });
  expect(commandOf(key('9', { ctrlKey: true }))).toBe(undefined);
  expect(commandOf(key('0', { ctrlKey: true }))).toBe(undefined);
});

test('pause, search, save and back each have a key', () => {
  expect(commandOf(key('.', { ctrlKey: true }))).toEqual({ is: 'toggle-pause' });
  expect(commandOf(key('f', { ctrlKey: true }))).toEqual({ is: 'search' });
  expect(commandOf(key('S', { metaKey: true }))).toEqual({ is: 'save' });
  expect(commandOf(key('Escape'))).toEqual({ is: 'back' });
});

test('letters alone and keys with other modifiers stay with the browser', () => {
  expect(commandOf(key('f'))).toBe(undefined);
  expect(commandOf(key('2'))).toBe(undefined);
  expect(commandOf(key('2', { ctrlKey: true, shiftKey: true }))).toBe(undefined);
  expect(commandOf(key('2', { ctrlKey: true, altKey: true }))).toBe(undefined);
  expect(commandOf(key('2', { ctrlKey: true, metaKey: true }))).toBe(undefined);
});
