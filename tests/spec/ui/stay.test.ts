import { expect, test } from 'bun:test';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { systemFiles } from '../../../src/system/disk/files.ts';
import type { StayReason } from '../../../src/ui/only-ui.ts';
import { hasCrashed, reasonToStay, watchProgram } from '../../../src/ui/stay.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

/** Why the window's process stays on this desktop; `bus`: a file that stands where the bus would be. */
async function reasonOn(
  platform: NodeJS.Platform,
  { display = ':0', buses = ['bus'], notices = true }: { display?: string; buses?: string[]; notices?: boolean } = {},
) {
  await using folder = await tempFolder();
  await writeFile(folder.at('bus'), '');
  return await reasonToStay({
    environment: { platform, get: (name) => (name === 'DISPLAY' ? display : undefined) },
    files: systemFiles,
    buses: buses.map((bus) => (bus.startsWith('\0') ? bus : folder.at(bus))),
    wantsNotices: () => Promise.resolve(notices),
  });
}

test.each(['darwin', 'win32'] as const)('on %s the process stays for notices alone', async (platform) => {
  expect(await reasonOn(platform, { display: '', buses: [] })).toBe('notices');
  expect(await reasonOn(platform, { notices: false })).toBe(undefined);
});

test.each<[string, Parameters<typeof reasonOn>[1], StayReason | undefined]>([
  ['with a bus', {}, 'icon'],
  ['whose second bus is there', { buses: ['gone', 'bus'] }, 'icon'],
  ['with an abstract bus', { buses: ['\0bus'] }, 'icon'],
  ['that wants no notices', { notices: false }, 'icon'],
  ['without a display', { display: '' }, undefined],
  ['whose bus is gone', { buses: ['gone'] }, undefined],
  ['without a bus', { buses: [] }, undefined],
])('a Linux desktop %s gives its reason to stay', async (_title, desktop, reason) => {
  expect(await reasonOn('linux', desktop)).toBe(reason);
});

test('another size or time of the program is another version', async () => {
  await using folder = await tempFolder();
  const program = folder.at('studio-worker');
  const write = async (text: string, seconds: number): Promise<void> => {
    await writeFile(program, text);
    await utimes(program, seconds, seconds);
  };
  await write('one', 1_000);
  const isReplaced = await watchProgram(program, systemFiles);
  expect(await isReplaced()).toBe(false);
  await write('three', 1_000);
  expect(await isReplaced()).toBe(true);
  await write('two', 2_000);
  expect(await isReplaced()).toBe(true);
  await write('one', 1_000);
  expect(await isReplaced()).toBe(false);
});

test('a program that was moved away is not replaced yet', async () => {
  await using folder = await tempFolder();
  const program = folder.at('studio-worker');
  await writeFile(program, 'one');
  const isReplaced = await watchProgram(program, systemFiles);
  await rm(program);
  expect(await isReplaced()).toBe(false);
  await writeFile(program, 'another');
  expect(await isReplaced()).toBe(true);
});

test.each([
  ['left its API’s file', true, false, true],
  ['ended in good order', false, false, false],
  ['runs', true, true, false],
])('a worker that %s is told from one that crashed', async (_title, hasLeft, running, crashed) => {
  await using folder = await tempFolder();
  if (hasLeft) await writeFile(folder.at('api.json'), '{}');
  const deps = { files: systemFiles, isRunning: () => Promise.resolve(running) };
  expect(await hasCrashed(folder.at('api.json'), deps)).toBe(crashed);
});
