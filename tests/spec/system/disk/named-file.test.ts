import { expect } from 'bun:test';
import { KIB } from '../../../../src/base/units.ts';
import { systemFiles as files } from '../../../../src/system/disk/files.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { LINUX, needs, POSIX } from '../../../needs.ts';

const read = (path: string, maxBytes = KIB) => within(10_000, 'the file', files.readNamedText(path, maxBytes));

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
