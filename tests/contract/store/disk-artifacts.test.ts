import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskArtifacts } from '../../../src/local-studio/storage/disk-artifacts.ts';
import { testArtifacts } from './artifact-suite.ts';

testArtifacts('files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  return {
    artifacts: openDiskArtifacts(folder),
    reopen: () => Promise.resolve(openDiskArtifacts(folder)),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
});
