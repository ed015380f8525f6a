import { expect, test } from 'bun:test';
import { cleanTextIn, ownCpuMs, returnMemory } from '../../../../src/system/machine/own-memory.ts';

const PROGRAM = '/opt/studio worker/bin/studio-worker';
const part = (range: string, rights: string, path: string, anonymousKb = 0): string =>
  `${range} ${rights} 00001000 08:01 4711                      ${path}\nSize:   64 kB\nRss:    32 kB\nAnonymous:             ${anonymousKb} kB\nVmFlags: rd ex mr\n`;

test('only code of this program that nobody wrote to is handed back', () => {
  const smaps = [
    part('00400000-00500000', 'r--p', PROGRAM),
    part('00500000-02500000', 'r-xp', PROGRAM),
    part('02500000-02600000', 'r-xp', PROGRAM, 4), // a breakpoint of a debugger
    part('02600000-02700000', 'rw-p', PROGRAM),
    part('7f0000000000-7f0000100000', 'r-xp', '/usr/lib/libc.so.6'),
    part('7f0000100000-7f0000200000', 'rwxp', ''),
  ].join('');
  expect(cleanTextIn(smaps, PROGRAM)).toEqual([{ from: 0x500000n, to: 0x2500000n }]);
});

test('a program replaced on disk still counts its code as its own', () => {
  const smaps = part('ffff00500000-ffff02500000', 'r-xp', `${PROGRAM} (deleted)`);
  expect(cleanTextIn(smaps, PROGRAM)).toEqual([{ from: 0xffff00500000n, to: 0xffff02500000n }]);
});

test('a process works on after it handed its memory back', async () => {
  const before = ownCpuMs();
  await returnMemory();
  await returnMemory();
  expect(new Bun.CryptoHasher('sha256').update('abc').digest('hex')).toStartWith('ba7816bf');
  expect(ownCpuMs()).toBeGreaterThan(before);
});
