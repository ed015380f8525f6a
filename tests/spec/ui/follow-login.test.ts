import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { openConfigStore } from '../../../src/config/store.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { followLogin } from '../../../src/ui/follow-login.ts';
import { recordingLogger } from '../../fakes/recording-logger.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

/** A config on the real disk, and what the entry of the login was set to. */
async function setup(lines: string, fails = false) {
  const folder = await tempFolder();
  const path = folder.at('config.toml');
  const log = recordingLogger();
  const synced: boolean[] = [];
  await writeFile(path, lines);
  const config = await openConfigStore({
    path,
    files: systemFiles,
    folders: { homeDir: '/home/pat', tempDir: '/tmp' },
    log,
    detectVramGb: () => Promise.resolve(0),
  });
  const end = followLogin({
    config,
    log,
    syncLogin(enabled) {
      synced.push(enabled);
      return fails ? Promise.reject(new Error('no such folder')) : Promise.resolve();
    },
  });
  return {
    log,
    synced,
    end,
    async edit(text: string) {
      await writeFile(path, text);
      await config.reload();
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('the login follows the switch of its icon', async () => {
  await using at = await setup('icon_at_login = false\n');
  await at.edit('icon_at_login = true\n');
  await at.edit('icon_at_login = false\n');
  expect(at.synced).toEqual([true, false]);
});

test('how the window starts is written anew for an icon at the login', async () => {
  await using at = await setup('icon_at_login = true\nstart_minimised = false\n');
  await at.edit('icon_at_login = true\nstart_minimised = true\n');
  expect(at.synced).toEqual([true]);
});

test('without an icon at the login nothing is written for it', async () => {
  await using at = await setup('icon_at_login = false\nstart_minimised = false\n');
  await at.edit('icon_at_login = false\nstart_minimised = true\n');
  expect(at.synced).toEqual([]);
});

test('a login that cannot be written is logged, and followed further', async () => {
  await using at = await setup('icon_at_login = false\n', true);
  await at.edit('icon_at_login = true\n');
  await at.edit('icon_at_login = false\n');
  expect(at.synced).toEqual([true, false]);
  expect(at.log.find('login.not-synced')).toMatchObject({ level: 'warn' });
});

test('what is no longer followed changes no login', async () => {
  await using at = await setup('icon_at_login = false\n');
  at.end();
  await at.edit('icon_at_login = true\n');
  expect(at.synced).toEqual([]);
});
