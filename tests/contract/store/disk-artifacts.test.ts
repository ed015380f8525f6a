import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskArtifacts } from '../../../src/local-studio/storage/disk-artifacts.ts';
import { openDataFolder } from '../../../src/system/disk/data-folder.ts';
import { startSha256 } from '../../../src/system/disk/digest.ts';
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
