import { expect } from 'bun:test';
import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import { assertTrustedFolder } from '../../../../src/system/disk/private-folder.ts';
import { askWorker } from '../../../../src/system/net/worker-client.ts';
import { failureOf, tempFolder } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX, ROOT } from '../../../needs.ts';

const OTHER = 12_345;

/** A place where everybody may write and nobody may remove what is not his, as `/tmp` is. */
async function sharedPlace() {
  const folder = await tempFolder();
  await chmod(folder.path, 0o1777);
  return folder;
}

const problemOf = (path: string): unknown => {
  try {
    assertTrustedFolder(path);
    return undefined;
  } catch (thrown) {
    return thrown;
  }
};
const UNTRUSTED = { code: 'folder.unusable', hint: expect.stringContaining('Remove ') };

needs(POSIX)('our own folder in a shared place is trusted, even when missing', async () => {
  await using shared = await sharedPlace();
  await mkdir(shared.at('ours/below'), { recursive: true });
  for (const name of ['ours', 'ours/below', 'ours/missing', 'missing', 'missing/below']) {
    expect(problemOf(shared.at(name))).toBe(undefined);
  }
});

needs(POSIX)('a link or a world-writable folder in a shared place is not trusted', async () => {
  await using shared = await sharedPlace();
  await mkdir(shared.at('ours'));
  await symlink(shared.at('ours'), shared.at('link'));
  await mkdir(shared.at('open/below'), { recursive: true });
  await chmod(shared.at('open'), 0o777);
  for (const name of ['link', 'open', 'open/below']) expect(problemOf(shared.at(name))).toMatchObject(UNTRUSTED);
});

needs(ROOT)('another account’s folder in a shared place is not trusted, even by root', async () => {
  await using shared = await sharedPlace();
  await mkdir(shared.at('theirs/below'), { recursive: true });
  await chown(shared.at('theirs'), OTHER, OTHER);
  for (const name of ['theirs', 'theirs/below', 'theirs/missing']) {
    expect(problemOf(shared.at(name))).toMatchObject({
      ...UNTRUSTED,
      message: `the folder ${shared.at('theirs')} is not a folder of this account alone`,
    });
  }
  const asked = askWorker(shared.at('theirs/local-api.json'), {}, { timeoutMs: 5_000 }).next();
  expect(await failureOf(asked)).toMatchObject(UNTRUSTED);
});

needs(ROOT)('root works on the folders of others where nobody else may write', async () => {
  await using folder = await tempFolder();
  await mkdir(folder.at('home/.config'), { recursive: true });
  for (const name of ['home', 'home/.config']) await chown(folder.at(name), OTHER, OTHER);
  expect(problemOf(folder.at('home/.config'))).toBe(undefined);
});
