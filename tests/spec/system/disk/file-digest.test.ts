import { expect, test } from 'bun:test';
import { open, readdir, readlink, truncate, writeFile } from 'node:fs/promises';
import { KIB, MIB } from '../../../../src/base/units.ts';
import { sha256 } from '../../../../src/system/disk/digest.ts';
import { followFile } from '../../../../src/system/disk/file-digest.ts';
import { someBytes } from '../../../fakes/models/download-host.ts';
import { failureOf, tempFolder, within } from '../../../fakes/system/temp-folder.ts';
import { LINUX, needs } from '../../../needs.ts';

const hexOf = (bytes: Uint8Array): string => sha256(bytes).toHex();

test('a growing file is hashed as far as it is written', async () => {
  await using folder = await tempFolder();
  const bytes = someBytes(3 * MIB + 17);
  const path = folder.at('weights');
  const file = await open(path, 'w');
  const follower = followFile(path, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += 700 * KIB) {
    const end = Math.min(at + 700 * KIB, bytes.byteLength);
    await file.write(bytes, at, end - at, at);
    follower.upTo(end);
  }
  await file.close();
  expect(await within(10_000, 'the digest', follower.digest)).toBe(hexOf(bytes));
  expect(follower.doneBytes).toBe(bytes.byteLength);
  follower.stop();
});

test('bytes beyond the named position are not read', async () => {
  await using folder = await tempFolder();
  const bytes = someBytes(MIB);
  const path = folder.at('weights');
  await writeFile(path, new Uint8Array(MIB));
  const follower = followFile(path, MIB);
  follower.upTo(0);
  await writeFile(path, bytes);
  follower.upTo(MIB);
  expect(await follower.digest).toBe(hexOf(bytes));
});

test('a file that is not there, or is truncated meanwhile, has no digest', async () => {
  await using folder = await tempFolder();
  expect(String(await failureOf(followFile(folder.at('nowhere'), 10).digest))).toContain('ENOENT');
  const path = folder.at('weights');
  await writeFile(path, someBytes(1_000));
  await truncate(path, 500);
  const follower = followFile(path, 1_000);
  follower.upTo(1_000);
  expect(String(await failureOf(follower.digest))).toContain('truncated by another process');
});

test('a follower that is stopped says so, and no later word of it counts', async () => {
  await using folder = await tempFolder();
  const path = folder.at('weights');
  await writeFile(path, someBytes(1_000));
  const follower = followFile(path, 1_000);
  follower.stop();
  follower.upTo(1_000);
  follower.stop();
  expect(String(await failureOf(follower.digest))).toContain('stopped');
});

needs(LINUX)('the file is closed however the following of it ends', async () => {
  await using folder = await tempFolder();
  const path = folder.at('weights');
  await writeFile(path, someBytes(1_000));
  const isOpen = async (): Promise<boolean> => {
    const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
    return (await Promise.all(links)).includes(path);
  };
  const stopped = followFile(path, 1_000);
  stopped.upTo(500);
  stopped.stop();
  await failureOf(stopped.digest);
  expect(await isOpen()).toBe(false);
  const cut = followFile(path, 2_000);
  cut.upTo(2_000);
  await failureOf(cut.digest);
  expect(await isOpen()).toBe(false);
  const whole = followFile(path, 1_000);
  whole.upTo(1_000);
  await whole.digest;
  expect(await isOpen()).toBe(false);
});
