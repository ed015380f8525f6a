import { expect, test } from 'bun:test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskArtifacts } from '../../../src/local-studio/storage/disk-artifacts.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { startSha256 } from '../../../src/system/disk/digest.ts';
import { tempFolder } from '../../fakes/system/temp-folder.ts';
import { testArtifacts } from './artifact-suite.ts';

testArtifacts('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const open = async () => openDiskArtifacts(await openDataFolder(folder), startSha256);
  return {
    artifacts: await open(),
    reopen: open,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
});

test('the same bytes of one job have one file', async () => {
  await using folder = await tempFolder();
  const artifacts = await openDiskArtifacts(await openDataFolder(folder.path), startSha256);
  const keep = async () => {
    const writer = await artifacts.begin();
    await writer.write(new TextEncoder().encode('abc'));
    return (await writer.keep('job-1', 'txt')).name;
  };
  expect(await keep()).toBe(await keep());
});
