import { expect, test } from 'bun:test';
import { rename, writeFile } from 'node:fs/promises';
import { systemClock } from '../../../../src/system/clock.ts';
import { systemFiles } from '../../../../src/system/disk/files.ts';
import { createWatch } from '../../../../src/system/disk/watch.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';
import { tempFolder, within } from '../../../fakes/system/temp-folder.ts';

async function setup() {
  const folder = await tempFolder();
  const path = folder.at('config.toml');
  await writeFile(path, 'a = 1');
  let heard = Promise.withResolvers<void>();
  const unwatch = createWatch(systemClock)(path, () => heard.resolve());
  const clear = async (): Promise<void> => {
    unwatch();
    await folder[Symbol.asyncDispose]();
  };
  const next = async (): Promise<void> => {
    await within(10_000, 'the edit to be noticed', heard.promise);
    heard = Promise.withResolvers();
  };
  return { folder, path, next, [Symbol.asyncDispose]: clear };
}

test('an edit in place is noticed without being asked about', async () => {
  await using at = await setup();
  await writeFile(at.path, 'a = 22');
  await at.next();
});

test('a file replaced by an editor is noticed, time and again', async () => {
  await using at = await setup();
  for (const text of ['b = 1', 'c = 1', 'd = 1']) {
    await writeFile(at.folder.at('.config.toml.swp'), text);
    await rename(at.folder.at('.config.toml.swp'), at.path);
    await at.next();
  }
});

test('our own atomic save is noticed like any other', async () => {
  await using at = await setup();
  await systemFiles.writeAtomic(at.path, 'a = 1', { durable: true });
  await at.next();
});

test('a removed and a returned file are both noticed', async () => {
  await using at = await setup();
  await systemFiles.remove(at.path);
  await at.next();
  await writeFile(at.path, 'a = 1');
  await at.next();
});

/** Time stands still but for `advance`, so only what the poll finds is heard. */
async function setupPolled(name: string) {
  const folder = await tempFolder();
  const clock = new FakeClock();
  const heard: string[] = [];
  const unwatch = createWatch(clock)(folder.at(name), () => heard.push('edited'));
  return { folder, clock, heard, unwatch, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a poll finds an edit the system said nothing about', async () => {
  await using at = await setupPolled('no-folder-yet/config.toml');
  await systemFiles.makeDir(at.folder.at('no-folder-yet'));
  await writeFile(at.folder.at('no-folder-yet/config.toml'), 'a = 1');
  at.clock.advance(1_000);
  at.unwatch();
  expect(at.heard).toEqual(['edited']);
});

test('a file that stays the same is never reported', async () => {
  await using at = await setupPolled('config.toml');
  await writeFile(at.folder.at('neighbour'), 'x');
  at.clock.advance(60_000);
  at.unwatch();
  expect(at.heard).toEqual([]);
});

test('an ended watch leaves no timer and says no more', async () => {
  await using at = await setupPolled('config.toml');
  at.unwatch();
  at.unwatch();
  await writeFile(at.folder.at('config.toml'), 'a = 1');
  at.clock.advance(60_000);
  expect(at.heard).toEqual([]);
  expect(at.clock.armed).toBe(0);
});
