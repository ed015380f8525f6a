import { expect, test } from 'bun:test';
import { windowWays } from '../../../src/ui/browsers.ts';

const URL = 'http://127.0.0.1:4787/#code=a&b';
const on = (platform: NodeJS.Platform, variables: Readonly<Record<string, string>> = {}) =>
  windowWays(URL, { platform, homeDir: '/home/op', get: (name) => variables[name] });

test('a browser with an app mode is preferred to the default one', () => {
  const ways = on('linux', { DISPLAY: ':0' });
  expect(ways[0]).toEqual({ how: 'app', program: 'google-chrome', args: [`--app=${URL}`] });
  expect(ways.at(-1)).toEqual({ how: 'browser', program: 'xdg-open', args: [URL] });
  expect(on('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(ways);
});

test('without a display nothing is opened', () => {
  expect(on('linux')).toEqual([]);
  expect(on('linux', { DISPLAY: '' })).toEqual([]);
});

test('on a Mac apps of the machine and of the account are known', () => {
  const ways = on('darwin');
  expect(ways.map(({ program }) => program)).toContain('/Applications/Google Chrome.app/Contents/MacOS/Google Chrome');
  expect(ways.map(({ program }) => program)).toContain('/home/op/Applications/Chromium.app/Contents/MacOS/Chromium');
  expect(ways.at(-1)).toEqual({ how: 'browser', program: 'open', args: [URL] });
});

test('on Windows no shell reads the address', () => {
  const ways = on('win32', { ProgramFiles: 'C:\\Program Files' });
  expect(ways[0]?.program).toBe('C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe');
  expect(ways.at(-1)).toEqual({ how: 'browser', program: 'rundll32', args: ['url.dll,FileProtocolHandler', URL] });
  expect(on('win32')).toHaveLength(1);
});
