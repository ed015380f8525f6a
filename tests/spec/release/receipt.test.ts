import { expect, test } from 'bun:test';
import { readFile, stat, writeFile } from 'node:fs/promises';
import {
  type MachineChange,
  openReceipt,
  readReceipt,
  receiptPath,
  writeChange,
} from '../../../src/release/receipt.ts';
import { systemFiles } from '../../../src/system/disk/files.ts';
import { failureOf, tempFolder } from '../../fakes/system/temp-folder.ts';

const EVERY: readonly MachineChange[] = [
  { is: 'dir', path: '/home/ada/.local/share/studio-worker' },
  { is: 'file', path: '/home/ada/.local/bin/studio-worker' },
  { is: 'newline', path: '/home/ada/.profile' },
  { is: 'line', path: '/home/ada/.profile', line: 'export PATH="$HOME/.local/bin:$PATH"\t# studio-worker' },
  { is: 'newline', path: '/home/ada/.bashrc' },
  { is: 'userpath', entry: 'C:\\Users\\Ada B\\AppData\\Local\\Programs\\studio-worker' },
  { is: 'service', path: '/home/ada/.config/systemd/user/minis-studio-worker.service' },
  { is: 'login', path: '/home/ada/.config/autostart/studio-worker-ui.desktop' },
];

test('every kind of change survives being written and read', () => {
  expect(readReceipt(EVERY.map((change) => `${writeChange(change)}\n`).join(''))).toEqual([...EVERY]);
});

test('a receipt line of a later release is kept as an unknown change', () => {
  const lines = [
    'registry\tHKCU\\Software',
    'file',
    'file\t',
    'file\t/a\t/b',
    'line\t/a',
    'rm -rf /',
    'userpath\ta\tb',
  ];
  expect(readReceipt(lines.join('\n'))).toEqual(lines.map((text) => ({ is: 'unknown', text })));
});

test('a receipt that was saved on Windows reads the same', () => {
  expect(readReceipt('file\tC:\\a b\\ü\r\n\r\n')).toEqual([{ is: 'file', path: 'C:\\a b\\ü' }]);
});

test.each(['/a\tb', '/a\nb', '/a\rb'])('a name that would break a line is rejected: %j', async (path) => {
  const write = async (): Promise<string> => writeChange({ is: 'file', path });
  expect(await failureOf(write())).toMatchObject({ code: 'file.unusable' });
});

test('changes are added once, in order, to a file of the owner alone', async () => {
  await using folder = await tempFolder();
  const receipt = openReceipt(folder.at('share/studio-worker/install-receipt.tsv'), systemFiles);
  expect(await receipt.read()).toEqual([]);
  await receipt.add({ is: 'dir', path: '/a' }, { is: 'file', path: '/a/b' });
  await receipt.add({ is: 'file', path: '/a/b' }, { is: 'service', path: '/c' }, { is: 'service', path: '/c' });
  const own = `dir\t${folder.at('share')}\ndir\t${folder.at('share/studio-worker')}\n`;
  expect(await readFile(receipt.path, 'utf8')).toBe(`${own}dir\t/a\nfile\t/a/b\nservice\t/c\n`);
  expect((await stat(receipt.path)).mode & 0o777).toBe(0o600);
});

test('a reversed change leaves the receipt, the last one removes its file', async () => {
  await using folder = await tempFolder();
  const receipt = openReceipt(folder.at('install-receipt.tsv'), systemFiles);
  await writeFile(receipt.path, 'file\t/a\nunheard-of\t/b\n');
  await receipt.remove({ is: 'file', path: '/not/in/it' });
  await receipt.remove({ is: 'file', path: '/a' });
  expect(await readFile(receipt.path, 'utf8')).toBe('unheard-of\t/b\n');
  await receipt.remove({ is: 'unknown', text: 'unheard-of\t/b' });
  expect(await systemFiles.stat(receipt.path)).toBeUndefined();
});

test('the receipt is where the installers put it on each system', () => {
  const at = (platform: NodeJS.Platform, variables: Readonly<Record<string, string>> = {}): string =>
    receiptPath({
      platform,
      homeDir: platform === 'win32' ? 'C:\\Users\\Ada' : '/home/ada',
      get: (name) => variables[name],
    });
  expect(at('linux')).toBe('/home/ada/.local/share/studio-worker/install-receipt.tsv');
  expect(at('darwin')).toBe('/home/ada/.local/share/studio-worker/install-receipt.tsv');
  expect(at('linux', { XDG_DATA_HOME: '/data/' })).toBe('/data/studio-worker/install-receipt.tsv');
  expect(at('linux', { XDG_DATA_HOME: 'relative' })).toBe('/home/ada/.local/share/studio-worker/install-receipt.tsv');
  expect(at('win32', { LOCALAPPDATA: 'D:\\Local' })).toBe('D:\\Local\\studio-worker\\install-receipt.tsv');
  expect(at('win32')).toBe('C:\\Users\\Ada\\AppData\\Local\\studio-worker\\install-receipt.tsv');
});

test('an account without a home folder gets a clear error', async () => {
  const ask = async (): Promise<string> => receiptPath({ platform: 'linux', homeDir: '', get: () => undefined });
  expect(await failureOf(ask())).toMatchObject({ code: 'folder.unusable' });
});
