import { expect, test } from 'bun:test';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { systemClock } from '../../../../src/system/clock.ts';
import { linuxSurroundings, type PowerSupply, powerOf } from '../../../../src/system/surroundings/linux.ts';
import { parseFront, parsePmset, parsePs } from '../../../../src/system/surroundings/macos.ts';
import { createSurroundings } from '../../../../src/system/surroundings/surroundings.ts';
import { readEnvironment } from '../../../../src/system/environment.ts';
import {
  fullScreenIn,
  parseTasklist,
  powerIn,
  windowsSurroundings,
} from '../../../../src/system/surroundings/windows.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const supply = (name: string, about: Partial<PowerSupply>): PowerSupply => ({
  name,
  type: 'Battery',
  online: '',
  status: '',
  scope: '',
  ...about,
});
const AC = supply('AC', { type: 'Mains', online: '1' });
const DRAINED = supply('BAT0', { status: 'Discharging' });

test.each<[string, readonly PowerSupply[], 'mains' | 'battery', string]>([
  ['a desktop without a battery', [], 'mains', 'no battery'],
  ['a laptop on its charger', [AC, supply('BAT0', { status: 'Charging' })], 'mains', 'AC'],
  ['a laptop without it', [{ ...AC, online: '0' }, DRAINED], 'battery', 'BAT0'],
  ['one that charges by USB-C', [supply('ucsi0', { type: 'USB', online: '1' }), DRAINED], 'mains', 'ucsi0'],
  ['one that is full and names no charger', [supply('BAT0', { status: 'Full' })], 'mains', 'BAT0'],
  [
    'one whose second battery is drained',
    [supply('BAT0', { status: 'Unknown' }), supply('BAT1', DRAINED)],
    'battery',
    'BAT0',
  ],
  ['a desktop with a wireless mouse', [supply('mouse', { ...DRAINED, scope: 'Device' })], 'mains', 'no battery'],
])('%s', (_what, supplies, is, source) => {
  expect(powerOf(supplies)).toEqual({ is, source });
});

test('the kernel is asked for each supply of its folder', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('supplies/BAT0'), { recursive: true });
  await writeFile(folder.at('supplies/BAT0/type'), 'Battery\n');
  await writeFile(folder.at('supplies/BAT0/status'), 'Discharging\n');
  const places = { supplies: folder.at('supplies'), processes: folder.path };
  const read = linuxSurroundings(readEnvironment(), { clock: systemClock, limitMs: 1_000 }, places);
  expect(await read.power()).toEqual({ is: 'battery', source: 'BAT0' });
  await writeFile(folder.at('supplies/BAT0/status'), 'Charging\n');
  expect(await read.power()).toEqual({ is: 'mains', source: 'BAT0' });
});

test('a program has the names of its file, its arguments and its own', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('12'));
  await writeFile(folder.at('12/comm'), 'a-long-program-\n');
  await writeFile(folder.at('12/cmdline'), 'C:\\Games\\Space Game.exe\0--full\0');
  await symlink('/opt/wine/bin/wine64-preloader (deleted)', folder.at('12/exe'));
  await mkdir(folder.at('13')); // it ended meanwhile
  await mkdir(folder.at('self'));
  const places = { supplies: folder.path, processes: folder.path };
  const { programs } = linuxSurroundings(readEnvironment(), { clock: systemClock, limitMs: 1_000 }, places);
  expect(await programs()).toEqual({
    is: 'known',
    names: ['a-long-program-', 'Space Game.exe', 'wine64-preloader'],
  });
});

test('this very program is among those that run here', async () => {
  const reading = await createSurroundings(readEnvironment()).programs();
  const own = process.execPath.split(/[/\\]/).at(-1) ?? '';
  expect(reading).toMatchObject({ is: 'known', names: expect.arrayContaining([own]) });
});

test('a Mac without a screen that we see does not tell, and nothing rejects', async () => {
  const environment = { ...readEnvironment(), get: () => undefined };
  expect(await createSurroundings(environment).fullScreen()).toMatchObject({ is: 'unknown' });
});

// As pmset of macOS 14 prints it.
const ON_BATTERY = `Now drawing from 'Battery Power'
 -InternalBattery-0 (id=22741091)\t85%; discharging; 4:21 remaining present: true
`;

test('pmset is read by its first line', () => {
  expect(parsePmset(ON_BATTERY)).toEqual({ is: 'battery', source: 'Battery Power' });
  expect(parsePmset(ON_BATTERY.replace('Battery Power', 'AC Power'))).toEqual({ is: 'mains', source: 'AC Power' });
  expect(parsePmset("Now drawing from 'UPS Power'\n")).toEqual({ is: 'battery', source: 'UPS Power' });
  expect(parsePmset('')).toMatchObject({ is: 'unknown', because: expect.stringContaining('pmset') });
});

test('programs of a Mac are known without their folder', () => {
  const output = '/sbin/launchd\n/Applications/Space Game.app/Contents/MacOS/Space Game\n  \n(zombie)\n';
  expect(parsePs(output)).toEqual(['launchd', 'Space Game', '(zombie)']);
});

test('a window of a Mac fills the screen when it is as large', () => {
  const screens = 'front Safari\nscreen 1512 982\nscreen 2560 1440\n';
  expect(parseFront(`${screens}window 800 600`)).toEqual({ is: 'windowed', source: 'CoreGraphics', program: 'Safari' });
  expect(parseFront(`${screens}window 800 600\nwindow 2560 1440`)).toMatchObject({ is: 'full-screen' });
  expect(parseFront(`${screens}window 1512 1440`)).toMatchObject({ is: 'windowed' });
  expect(parseFront('')).toMatchObject({ is: 'unknown' });
});

test('Windows tells by a byte what it runs on', () => {
  expect(powerIn(new Uint8Array([0, 8, 85]))).toEqual({ is: 'battery', source: 'GetSystemPowerStatus' });
  expect(powerIn(new Uint8Array([1, 128, 255]))).toEqual({ is: 'mains', source: 'GetSystemPowerStatus' });
  expect(powerIn(new Uint8Array([255]))).toMatchObject({ is: 'unknown' });
});

test('Windows tells by a number whether it would disturb', () => {
  const states = [1, 2, 3, 4, 5, 6, 7].map((state) => fullScreenIn(state).is);
  expect(states).toEqual(['windowed', 'full-screen', 'full-screen', 'full-screen', 'windowed', 'windowed', 'windowed']);
});

test('tasklist is read by the first column of its lines', async () => {
  const output =
    '"System","4","Services","0","1,044 K"\r\n"game.exe","812","Console","1","9 K"\r\n"game.exe","9","C","1","1 K"\r\n';
  expect(parseTasklist(output)).toEqual({ is: 'known', names: ['System', 'game.exe'] });
  expect(parseTasklist('INFO: No tasks are running')).toMatchObject({ is: 'unknown' });
  const { programs } = windowsSurroundings({
    ask: async (command) => ({
      end: { is: 'exited', code: 0 },
      output: command.includes('/NH') ? output : '',
      lastError: '',
    }),
    limitMs: 1,
  });
  expect(await programs()).toMatchObject({ is: 'known' });
});
