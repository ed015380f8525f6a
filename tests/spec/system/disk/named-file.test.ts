import { expect, test } from 'bun:test';
import { writeFile } from 'node:fs/promises';
import { KIB } from '../../../../src/base/units.ts';
import { systemFiles as files } from '../../../../src/system/disk/files.ts';
import { failureOf, tempFolder, within } from '../temp-folder.ts';
import { LINUX, needs, POSIX } from '../../../needs.ts';

const read = (path: string, mostBytes = KIB) => within(5_000, 'the file', files.readNamedText(path, mostBytes));

test('a named file is read to its last allowed byte, byte order mark included', async () => {
  await using folder = await tempFolder();
  const text = `\uFEFF${'ö'.repeat(510)}`;
  await writeFile(folder.at('file'), text);
  expect(await read(folder.at('file'), 1_023)).toBe(text);
  expect(await failureOf(read(folder.at('file'), 1_022))).toMatchObject({
    code: 'file.unusable',
    message: `${folder.at('file')} is larger than 1022 B`,
  });
});

test('a missing named file is an answer', async () => {
  await using folder = await tempFolder();
  expect(await read(folder.at('nothing'))).toBeUndefined();
});

needs(POSIX)('a device, a folder and a pipe nobody writes to are refused at once', async () => {
  await using folder = await tempFolder();
  Bun.spawnSync(['mkfifo', folder.at('pipe')]);
  for (const path of ['/dev/zero', folder.path, folder.at('pipe')]) {
    expect(await failureOf(read(path))).toMatchObject({
      code: 'file.unusable',
      message: `${path} is no regular file`,
    });
  }
});

needs(LINUX)('a file that says it is empty is read all the same', async () => {
  expect(await read('/proc/self/status', 64 * KIB)).toContain('Pid:');
});

test.each([
  ['the first line', [0xff, 0x0a, 0x61], 1],
  ['a later line', [0x61, 0x0a, 0x62, 0x0a, 0xc3, 0x28], 3],
  ['a character cut off at the end', [0x61, 0x0a, 0xe2, 0x82], 2],
])('bytes that are not UTF-8 in %s are refused with the line', async (_where, bytes, line) => {
  await using folder = await tempFolder();
  await writeFile(folder.at('file'), new Uint8Array(bytes));
  expect(await failureOf(read(folder.at('file')))).toMatchObject({ code: 'file.unusable', fields: { line } });
});
