import { expect, test } from 'bun:test';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { canShowIcon, hasCrashed, watchProgram } from '../../../src/ui/stay.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

/** Whether this desktop can show an icon; `bus`: a file that stands where the bus would be. */
async function canShowOn(
  platform: NodeJS.Platform,
  { display = ':0', buses = ['bus'] }: { display?: string; buses?: string[] } = {},
): Promise<boolean> {
  await using folder = await tempFolder();
  await writeFile(folder.at('bus'), '');
  return await canShowIcon({
    environment: { platform, get: (name) => (name === 'DISPLAY' ? display : undefined) },
    files: systemFiles,
    buses: buses.map((bus) => (bus.startsWith('\0') ? bus : folder.at(bus))),
  });
}

test.each(['darwin', 'win32'] as const)('on %s the process stays with its icon', async (platform) => {
  expect(await canShowOn(platform, { display: '', buses: [] })).toBe(true);
});

test.each<[string, Parameters<typeof canShowOn>[1], boolean]>([
  ['with a bus', {}, true],
  ['whose second bus is there', { buses: ['gone', 'bus'] }, true],
  ['with an abstract bus', { buses: ['\0bus'] }, true],
  ['without a display', { display: '' }, false],
  ['whose bus is gone', { buses: ['gone'] }, false],
  ['without a bus', { buses: [] }, false],
])('a Linux desktop %s can show an icon, or cannot', async (_title, desktop, can) => {
  expect(await canShowOn('linux', desktop)).toBe(can);
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
