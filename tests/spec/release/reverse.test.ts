import { expect, test } from 'bun:test';
import { chmod, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { openReceipt } from '../../../src/release/receipt.ts';
import { reverseChanges, type Reversal } from '../../../src/release/reverse.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { systemTextEdits } from '../../../src/system/disk/text-edit.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';

/** A home with a receipt in it; what belongs to a service manager or to Windows is noted. */
async function aHome() {
  const folder = await tempFolder();
  const receipt = openReceipt(folder.at('.local/share/studio-worker/install-receipt.tsv'), systemFiles);
  const asked: string[] = [];
  const reverseAll = async (): Promise<readonly Reversal[]> =>
    await Array.fromAsync(
      reverseChanges({
        receipt,
        files: systemFiles,
        edits: systemTextEdits,
        removeService: async (path) => void asked.push(`service ${path}`),
        removeLogin: (path) => systemFiles.remove(path),
        removeUserPath: async (entry) => void asked.push(`userpath ${entry}`),
      }),
    );
  return { ...folder, receipt, asked, reverseAll };
}

test('an installation is reversed to the byte, its own folders last', async () => {
  await using home = await aHome();
  const profile = home.at('.profile');
  await writeFile(profile, 'umask 022\n# é as latin1: \xe9', 'latin1');
  await chmod(profile, 0o600);
  await home.receipt.add(
    { is: 'dir', path: home.at('.local/bin') },
    { is: 'file', path: home.at('.local/bin/studio-worker') },
    { is: 'newline', path: profile },
    { is: 'line', path: profile, line: 'PATH="é" # studio-worker' },
    { is: 'userpath', entry: 'C:\\bin' },
    { is: 'service', path: '/unit' },
    { is: 'login', path: home.at('entry.desktop') },
  );
  await mkdir(home.at('.local/bin'));
  await writeFile(home.at('.local/bin/studio-worker'), 'program');
  await writeFile(home.at('entry.desktop'), 'entry');
  await writeFile(profile, Buffer.concat([await readFile(profile), Buffer.from('\nPATH="é" # studio-worker\n')]));

  const reversals = await home.reverseAll();
  expect(reversals.filter(({ is }) => is === 'kept')).toEqual([]);
  expect(home.asked).toEqual(['service /unit', 'userpath C:\\bin']);
  expect(await readdir(home.path)).toEqual(['.profile']);
  expect(await readFile(profile, 'latin1')).toBe('umask 022\n# é as latin1: \xe9');
  expect((await stat(profile)).mode & 0o777).toBe(0o600);
});

test('a start-up file that was made for a line keeps what others added since', async () => {
  await using home = await aHome();
  const profile = home.at('.profile');
  await home.receipt.add({ is: 'file', path: profile }, { is: 'line', path: profile, line: 'ours' });
  await writeFile(profile, 'ours\ntheirs\n');
  expect(await home.reverseAll()).toContainEqual({
    is: 'kept',
    change: { is: 'file', path: profile },
    because: 'it has lines that others wrote',
  });
  expect(await readFile(profile, 'utf8')).toBe('theirs\n');
});

test('a start-up file that is a link stays one', async () => {
  await using home = await aHome();
  await writeFile(home.at('dotfile'), 'theirs\nours\n');
  await symlink(home.at('dotfile'), home.at('.bashrc'));
  await home.receipt.add({ is: 'line', path: home.at('.bashrc'), line: 'ours' });
  await home.reverseAll();
  expect(await readFile(home.at('dotfile'), 'utf8')).toBe('theirs\n');
});

test('a folder with the operator’s files stays, as does an unknown change', async () => {
  await using home = await aHome();
  await mkdir(home.at('bin'));
  await writeFile(home.at('bin/other'), '');
  await home.receipt.add({ is: 'dir', path: home.at('bin') });
  const text = `${await readFile(home.receipt.path, 'utf8')}registry\tHKCU\n`;
  await writeFile(home.receipt.path, text);
  const kept = (await home.reverseAll()).filter(({ is }) => is === 'kept');
  expect(kept).toContainEqual(expect.objectContaining({ because: 'it is not empty' }));
  expect(kept).toContainEqual(expect.objectContaining({ change: { is: 'unknown', text: 'registry\tHKCU' } }));
  expect(await home.receipt.read()).toEqual([{ is: 'unknown', text: 'registry\tHKCU' }]);
});

test('what fails is named with its reason, and all else is reversed', async () => {
  await using home = await aHome();
  await home.receipt.add({ is: 'file', path: home.at('a') }, { is: 'file', path: home.at('b') });
  await writeFile(home.at('a'), '');
  const reversals = await Array.fromAsync(
    reverseChanges({
      receipt: home.receipt,
      files: {
        ...systemFiles,
        remove: (path) => (path === home.at('b') ? Promise.reject(new Error('EBUSY')) : systemFiles.remove(path)),
      },
      edits: systemTextEdits,
      removeService: async () => {},
      removeLogin: async () => {},
      removeUserPath: async () => {},
    }),
  );
  expect(reversals[0]).toEqual({ is: 'kept', change: { is: 'file', path: home.at('b') }, because: 'EBUSY' });
  expect((await home.receipt.read()).filter(({ is }) => is === 'file')).toEqual([{ is: 'file', path: home.at('b') }]);
  expect(await systemFiles.stat(home.at('a'))).toBeUndefined();
});
