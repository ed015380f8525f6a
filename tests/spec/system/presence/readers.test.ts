import { expect, test } from 'bun:test';
import { macSource, parseHidIdleTime } from '../../../../src/system/presence/macos.ts';
import { firstOf, presenceOf } from '../../../../src/system/presence/presence.ts';
import { ticksBetween, windowsSource } from '../../../../src/system/presence/windows.ts';
import { displayNumberOf } from '../../../../src/system/x11/display.ts';
import { cookieFor } from '../../../../src/system/x11/xauthority.ts';
import { failureOf } from '../../../fakes/system/temp-folder.ts';
import { authorityFile } from '../../../fakes/system/x-authority.ts';

test('a person is idle from two minutes without input on', () => {
  const after = (idleMs: number) => presenceOf({ is: 'known', idleMs, source: 'X11' });
  expect([after(0), after(119_999), after(120_000)]).toEqual(['active', 'active', 'idle']);
  expect(presenceOf({ is: 'unknown', reasons: ['X11: hung up'] })).toBeUndefined();
  expect(presenceOf(undefined)).toBeUndefined();
});

test('the first source with an answer counts, and those after it are not asked', async () => {
  const asked: string[] = [];
  const source = (name: string, answer: () => number) => ({
    name,
    idleMs: async () => {
      asked.push(name);
      return Promise.resolve(answer());
    },
  });
  const broken = source('first', () => {
    throw new Error('gone');
  });
  const sources = [broken, source('second', () => -5), source('third', () => 7)];
  expect(await firstOf(sources).read()).toEqual({ is: 'known', idleMs: 0, source: 'second' });
  expect(asked).toEqual(['first', 'second']);
  expect(await firstOf([broken]).read()).toEqual({ is: 'unknown', reasons: ['first: gone'] });
});

const IOREG = `+-o IOHIDSystem  <class IOHIDSystem, id 0x100000415, registered, matched, active, busy 0 (0 ms), retain 29>
    {
      "CFBundleIdentifier" = "com.apple.iokit.IOHIDFamily"
      "HIDIdleTime" = 125000999999
      "HIDParameters" = {"HIDIdleTime"=1,"HIDScrollCountMax"=2000}
      "HIDServiceSupport" = Yes
    }
`;

test('macOS prints the idle time in nanoseconds among other properties', () => {
  expect(parseHidIdleTime(IOREG)).toBe(125_000);
  expect(parseHidIdleTime('+-o IOHIDSystem\n')).toBeUndefined();
});

test('macOS that prints no idle time or is too slow gives a reason', async () => {
  const answer = (end: Awaited<ReturnType<Parameters<typeof macSource>[0]['ask']>>['end'], output: string) =>
    macSource({ ask: () => Promise.resolve({ end, output, lastError: '' }), limitMs: 2_000 }).idleMs();
  expect(await answer({ is: 'exited', code: 0 }, IOREG)).toBe(125_000);
  expect(await failureOf(answer({ is: 'exited', code: 0 }, ''))).toMatchObject({ message: 'reports no HIDIdleTime' });
  expect(await failureOf(answer({ is: 'timed-out' }, IOREG))).toMatchObject({ message: 'no answer within 2000 ms' });
});

test('Windows counts milliseconds since its start, beyond the end of 32 bits', async () => {
  expect(ticksBetween(1_000, 121_000)).toBe(120_000);
  expect(ticksBetween(0xffff_ff00, 0x0000_0100)).toBe(512);
  const input = { sessionId: 1, now: 130_000, lastInput: 5_000 };
  expect(await windowsSource(() => Promise.resolve(input)).idleMs()).toBe(125_000);
});

test('a Windows service does not take input that it cannot see for none', async () => {
  const service = windowsSource(() => Promise.resolve({ sessionId: 0, now: 900_000, lastInput: 0 }));
  expect(await failureOf(service.idleMs())).toMatchObject({ message: expect.stringContaining('service') });
});

test.each([
  [':0', 0],
  [':12.1', 12],
  ['unix:3', 3],
  ['localhost:10.0', undefined],
  ['desk.example:0', undefined],
  ['', undefined],
  [':0/../x', undefined],
] as const)('the display %s is of this machine only without a host', (display, number) => {
  expect(displayNumberOf(display)).toBe(number);
});

test('the cookie of this display on this machine is preferred to others', () => {
  const [mine, renamed, other] = [Buffer.from('mine'), Buffer.from('renamed'), Buffer.from('other')];
  const about = { hostName: 'rig-01', display: 1 };
  const entry = { family: 256, address: 'rig-01', display: '1', data: mine };
  const old = { ...entry, address: 'old-name', data: renamed };
  const strangers = [
    { ...entry, display: '2', data: other },
    { ...entry, family: 0, data: other },
    { ...entry, scheme: 'XDM-AUTHORIZATION-1', data: other },
  ];
  expect(cookieFor(authorityFile([...strangers, old, entry]), about)).toEqual(mine);
  expect(cookieFor(authorityFile([...strangers, old]), about)).toEqual(renamed);
  expect(cookieFor(authorityFile(strangers), about)).toBeUndefined();
  expect(cookieFor(authorityFile([entry, old]).subarray(0, -1), about)).toEqual(mine);
  expect(cookieFor(Buffer.alloc(0), about)).toBeUndefined();
});
