import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateSecretKey } from '../../install/sign.ts';
import { artifactOf, type Release, signRelease, standIn, writeRelease } from './release.ts';
import type { Setup } from './setup.ts';

/** A release or a machine on which nothing may be installed, whichever installer is asked. */
export interface Refusal {
  readonly because: string;
  /** What the installer says, among other things. */
  readonly says: RegExp;
  /** Spoils what `setup` made, and returns the arguments of the run. */
  arrange(it: Setup): Promise<readonly string[]>;
}

/** Those that do not depend on the system. */
export const REFUSALS: readonly Refusal[] = [
  {
    because: 'the release server cannot be reached',
    says: /cannot download http:\/\/127\.0\.0\.1:9\/latest\/download\/dist-manifest\.json: /,
    arrange: async () => ['--base-url', 'http://127.0.0.1:9'],
  },
  {
    because: 'the release does not exist',
    says: /cannot download .*\/download\/studio-worker-v9\.9\.9\/dist-manifest\.json: .*404/s,
    arrange: async ({ release }) => {
      await release();
      return ['--version', '9.9.9'];
    },
  },
  {
    because: 'the releases are on plain http elsewhere',
    says: /http:\/\/example\.com: only https is accepted, and http from this machine/,
    arrange: async () => ['--base-url', 'http://example.com'],
  },
  {
    because: 'the release is of another program',
    says: /has no release for this installer/,
    arrange: async ({ release }) => {
      const { folder } = await release();
      await writeFile(join(folder, 'dist-manifest.json'), '{"dist_version":"0.30.4","artifacts":{}}\n');
      return [];
    },
  },
  {
    because: 'the manifest has no signature',
    says: /cannot download .*dist-manifest\.json\.minisig: /,
    arrange: async ({ release, server }) => {
      await release();
      server.spoil('dist-manifest.json.minisig', { does: 'fail', status: 404 });
      return [];
    },
  },
  {
    because: 'the manifest was changed after it was signed',
    says: /the signature of the manifest is not by the project/,
    arrange: async ({ release }) => {
      const { folder } = await release();
      const path = join(folder, 'dist-manifest.json');
      await writeFile(path, (await readFile(path, 'utf8')).replace('"rollout": 100', '"rollout": 099'));
      return [];
    },
  },
  {
    because: 'the manifest is signed by a key of somebody else',
    says: /the signature of the manifest is not by the project/,
    arrange: async ({ release }) => {
      await release({ key: generateSecretKey() });
      return [];
    },
  },
  {
    because: 'an older release, properly signed, is served in place of the one asked for',
    says: /the manifest is that of 0\.5\.0, not of 0\.6\.0/,
    arrange: async ({ machine, server, target }) => {
      const older = await writeRelease(join(machine.folder, 'older'), { version: '0.5.0', target });
      server.publish({ ...older, version: '0.6.0' });
      return ['--version', '0.6.0'];
    },
  },
  {
    because: 'the archive was cut short',
    says: /is not the file that the manifest names/,
    arrange: async ({ release }) => {
      const { folder, archive } = await release({ paddingBytes: 10_000 });
      await truncate(join(folder, archive), 5_000);
      return [];
    },
  },
  {
    because: 'the archive has another byte in the middle',
    says: /is not the file that the manifest names/,
    arrange: async ({ release }) => {
      await flipByte(await release({ paddingBytes: 10_000 }));
      return [];
    },
  },
  {
    because: 'the archive has something behind its end',
    says: /is not the file that the manifest names/,
    arrange: async ({ release }) => {
      const { folder, archive } = await release();
      await appendFile(join(folder, archive), 'x');
      return [];
    },
  },
  {
    because: 'the archive is none',
    says: /cannot unpack/,
    arrange: async ({ release, target }) => {
      const { folder, archive, version } = await release();
      const bytes = Buffer.from('not an archive');
      await writeFile(join(folder, archive), bytes);
      await signRelease(folder, version, [artifactOf(archive, target, bytes)]);
      return [];
    },
  },
  {
    because: 'the release has no archive for this machine',
    says: /studio-worker 0\.6\.0 is not available for /,
    arrange: async ({ release }) => {
      const { folder, archive, version } = await release();
      await signRelease(folder, version, [artifactOf(archive, 'riscv64gc-unknown-linux-gnu', Buffer.from('x'))]);
      return [];
    },
  },
  {
    because: 'the new program fails its self-test',
    says: /the new program fails its self-test \(exit code 3\): .*the llama payload is damaged/s,
    arrange: async ({ release }) => {
      await release({ program: standIn('0.6.0', { selfTestExit: 3 }) });
      return [];
    },
  },
  {
    because: 'the new program is of another version than its release',
    says: /says that it is studio-worker 0\.4\.0/,
    arrange: async ({ release }) => {
      await release({ program: standIn('0.4.0') });
      return [];
    },
  },
  {
    because: 'the folder with downloaded files lacks the archive',
    says: /lacks studio-worker-/,
    arrange: async ({ machine, target }) => {
      const folder = join(machine.folder, 'empty');
      await mkdir(folder);
      await signRelease(folder, '0.6.0', [artifactOf(`studio-worker-${target}.tar.xz`, target, Buffer.from('x'))]);
      return ['--from', folder];
    },
  },
  {
    because: 'an option is unknown',
    says: /unknown option --force/,
    arrange: async () => ['--force'],
  },
];

async function flipByte({ folder, archive }: Release): Promise<void> {
  const path = join(folder, archive);
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.byteLength / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
