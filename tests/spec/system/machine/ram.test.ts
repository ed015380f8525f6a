import { expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GIB } from '../../../../src/base/units.ts';
import { ramOf } from '../../../../src/system/machine/ram.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';

const MEMINFO = 'MemTotal: 33554432 kB\nMemAvailable: 16777216 kB\n';

/** A machine of files: 32 GiB, of which 16 are available, and what else is given. */
function ramWith(folder: string, files: Readonly<Record<string, string>> = {}) {
  for (const [path, text] of Object.entries({ 'proc/meminfo': MEMINFO, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return ramOf(folder);
}

const GROUP = 'sys/fs/cgroup/worker.scope';
const inGroup = (max: string): Readonly<Record<string, string>> => ({
  'proc/self/cgroup': '0::/worker.scope\n',
  [`${GROUP}/memory.max`]: `${max}\n`,
  [`${GROUP}/memory.stat`]: `anon ${2 * GIB}\nfile ${4 * GIB}\n`,
});

test('a machine without a limit has available what its kernel says', async () => {
  await using folder = await tempFolder();
  expect(ramWith(folder.path).availableBytes).toBe(16 * GIB);
  expect(ramWith(folder.path, inGroup('max')).availableBytes).toBe(16 * GIB);
});

test('a container’s memory is its limit less what is used, caches excluded', async () => {
  await using folder = await tempFolder();
  expect(ramWith(folder.path, inGroup(String(8 * GIB)))).toMatchObject({
    totalBytes: 32 * GIB,
    freeBytes: 16 * GIB,
    availableBytes: 6 * GIB,
  });
  expect(ramWith(folder.path, inGroup(String(GIB))).availableBytes).toBe(0);
});

test('a limit above what is available changes nothing', async () => {
  await using folder = await tempFolder();
  expect(ramWith(folder.path, inGroup(String(24 * GIB))).availableBytes).toBe(16 * GIB);
});
